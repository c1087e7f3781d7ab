//! HTML's character references, as agents' rich text holds them (HTML 4, and `apos`).

use std::{collections::HashMap, sync::LazyLock};

/// Longest reference that is looked for, in bytes between `&` and `;`.
const LONGEST: usize = 10;

/// `name=character`, a space between each two.
const NAMES: &str = "\
    Aacute=Á aacute=á Acirc=Â acirc=â acute=´ AElig=Æ aelig=æ Agrave=À agrave=à alefsym=ℵ \
    Alpha=Α alpha=α amp=& and=∧ ang=∠ apos=' Aring=Å aring=å asymp=≈ Atilde=Ã atilde=ã Auml=Ä \
    auml=ä bdquo=„ Beta=Β beta=β brvbar=¦ bull=• cap=∩ Ccedil=Ç ccedil=ç cedil=¸ cent=¢ Chi=Χ \
    chi=χ circ=ˆ clubs=♣ cong=≅ copy=© crarr=↵ cup=∪ curren=¤ Dagger=‡ dagger=† dArr=⇓ darr=↓ \
    deg=° Delta=Δ delta=δ diams=♦ divide=÷ Eacute=É eacute=é Ecirc=Ê ecirc=ê Egrave=È egrave=è \
    empty=∅ emsp=\u{2003} ensp=\u{2002} Epsilon=Ε epsilon=ε equiv=≡ Eta=Η eta=η ETH=Ð eth=ð \
    Euml=Ë euml=ë euro=€ exist=∃ fnof=ƒ forall=∀ frac12=½ frac14=¼ frac34=¾ frasl=⁄ Gamma=Γ \
    gamma=γ ge=≥ gt=> hArr=⇔ harr=↔ hearts=♥ hellip=… Iacute=Í iacute=í Icirc=Î icirc=î iexcl=¡ \
    Igrave=Ì igrave=ì image=ℑ infin=∞ int=∫ Iota=Ι iota=ι iquest=¿ isin=∈ Iuml=Ï iuml=ï Kappa=Κ \
    kappa=κ Lambda=Λ lambda=λ lang=⟨ laquo=« lArr=⇐ larr=← lceil=⌈ ldquo=“ le=≤ lfloor=⌊ \
    lowast=∗ loz=◊ lrm=\u{200e} lsaquo=‹ lsquo=‘ lt=< macr=¯ mdash=— micro=µ middot=· minus=− \
    Mu=Μ mu=μ nabla=∇ nbsp=\u{a0} ndash=– ne=≠ ni=∋ not=¬ notin=∉ nsub=⊄ Ntilde=Ñ ntilde=ñ Nu=Ν \
    nu=ν Oacute=Ó oacute=ó Ocirc=Ô ocirc=ô OElig=Œ oelig=œ Ograve=Ò ograve=ò oline=‾ Omega=Ω \
    omega=ω Omicron=Ο omicron=ο oplus=⊕ or=∨ ordf=ª ordm=º Oslash=Ø oslash=ø Otilde=Õ otilde=õ \
    otimes=⊗ Ouml=Ö ouml=ö para=¶ part=∂ permil=‰ perp=⊥ Phi=Φ phi=φ Pi=Π pi=π piv=ϖ plusmn=± \
    pound=£ Prime=″ prime=′ prod=∏ prop=∝ Psi=Ψ psi=ψ quot=\u{22} radic=√ rang=⟩ raquo=» rArr=⇒ \
    rarr=→ rceil=⌉ rdquo=” real=ℜ reg=® rfloor=⌋ Rho=Ρ rho=ρ rlm=\u{200f} rsaquo=› rsquo=’ \
    sbquo=‚ Scaron=Š scaron=š sdot=⋅ sect=§ shy=\u{ad} Sigma=Σ sigma=σ sigmaf=ς sim=∼ spades=♠ \
    sub=⊂ sube=⊆ sum=∑ sup=⊃ sup1=¹ sup2=² sup3=³ supe=⊇ szlig=ß Tau=Τ tau=τ there4=∴ Theta=Θ \
    theta=θ thetasym=ϑ thinsp=\u{2009} THORN=Þ thorn=þ tilde=˜ times=× trade=™ Uacute=Ú uacute=ú \
    uArr=⇑ uarr=↑ Ucirc=Û ucirc=û Ugrave=Ù ugrave=ù uml=¨ upsih=ϒ Upsilon=Υ upsilon=υ Uuml=Ü \
    uuml=ü weierp=℘ Xi=Ξ xi=ξ Yacute=Ý yacute=ý yen=¥ Yuml=Ÿ yuml=ÿ Zeta=Ζ zeta=ζ zwj=\u{200d} \
    zwnj=\u{200c} \
    ";

static NAMED: LazyLock<HashMap<&'static str, char>> = LazyLock::new(|| {
    let pair = |pair: &'static str| pair.split_once('=');
    let one = |(name, text): (&'static str, &'static str)| Some((name, text.chars().next()?));
    NAMES.split(' ').filter_map(pair).filter_map(one).collect()
});

/// What browsers take the numbers 128 to 159 for: they were written as Windows-1252.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// The character that `html` begins with as a reference, and what follows. Others stay as they are.
pub(crate) fn entity(html: &str) -> Option<(char, &str)> {
    let (name, after) = html.strip_prefix('&')?.split_once(';')?;
    if name.len() > LONGEST {
        return None;
    }
    let character = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(hex) => numbered(hex, 16)?,
            None => numbered(digits, 10)?,
        },
        None => *NAMED.get(name)?,
    };
    Some((character, after))
}

fn numbered(digits: &str, radix: u32) -> Option<char> {
    let number = u32::from_str_radix(digits, radix).ok()?;
    match number {
        0 => None,
        0x80..=0x9f => WINDOWS.chars().nth(usize::try_from(number - 0x80).ok()?),
        _ => char::from_u32(number),
    }
}

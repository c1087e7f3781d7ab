//! The sample channels that every local stack has, as far as the scenes meet them.

/// A Facebook page that is tied to a workgroup.
#[derive(Clone, Copy, Debug)]
pub struct SamplePage {
    /// The network's id.
    pub id: &'static str,
    /// As visitors see it.
    pub name: &'static str,
    /// Where its channel sends what visitors write.
    pub workgroup: &'static str,
}

/// Answers for the main page and for the brand on Twitter.
pub const SOCIAL_SUPPORT: &str = "Social Support";
/// Answers for the regional page.
pub const SOCIAL_NORD: &str = "Social Nord";
/// Reads what people say of the competitor.
pub const MARKET_WATCH: &str = "Market Watch";

/// The main page.
pub const ACME: SamplePage =
    SamplePage { id: "1029384756", name: "Acme", workgroup: SOCIAL_SUPPORT };
/// The regional page.
pub const ACME_NORD: SamplePage =
    SamplePage { id: "1029384757", name: "Acme Nord", workgroup: SOCIAL_NORD };

/// The brand's handle on Twitter, which replies come from. Its keywords are `acme router` and
/// `#acmehelp`; the competitor's are `@rival` and `RivalPhone 9`.
pub const BRAND: &str = "acme";

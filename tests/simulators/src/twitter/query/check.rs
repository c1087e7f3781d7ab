//! What a query must hold besides being well formed: something positive that may stand alone.

use super::{Expression, lexer::wrong};

/// Refuses queries of negations only, and operators that need company and have none.
pub(super) fn check(expression: &Expression) -> Result<(), String> {
    if stands_alone(expression) {
        return Ok(());
    }
    Err(match lonely(expression) {
        Some(name) => wrong(&format!("'{name}' cannot be used as a standalone operator"), 1),
        None => wrong("Rule must contain at least one positive, non-stopword clause", 1),
    })
}

/// Each branch of an OR needs a clause of its own; of an AND, one is enough.
fn stands_alone(expression: &Expression) -> bool {
    match expression {
        Expression::All(terms) => terms.iter().any(stands_alone),
        Expression::Any(branches) => branches.iter().all(stands_alone),
        Expression::Not(_) => false,
        Expression::Clause(clause) => clause.needs_company().is_none(),
    }
}

fn lonely(expression: &Expression) -> Option<&'static str> {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => parts.iter().find_map(lonely),
        Expression::Not(inner) => lonely(inner),
        Expression::Clause(clause) => clause.needs_company(),
    }
}

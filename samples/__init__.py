"""Sample disclosures drawn from structured budgets, and the demonstration portal that publishes them."""

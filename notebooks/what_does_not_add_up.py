# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Which disclosures do not add up?
#
# Every document is held against its own arithmetic: rows against totals, tables against one another, the
# text against the tables. What fails has both sides, the page, and whose error it is: the publisher's, or
# ours.

# %%
import os

import polars as pl

import warehouse

pl.Config(tbl_rows=40, tbl_cols=12, fmt_str_lengths=200, thousands_separator=True, tbl_hide_dataframe_shape=True)
budget = warehouse.open(os.environ.get("YUSUAN_WAREHOUSE", "data/warehouse"))

# %% [markdown]
# ## How much was checked
#
# An identity that could not be computed says why and proves nothing; it is counted apart.

# %%
outcomes = budget.sql("SELECT outcome, count(*) AS checks FROM core_checks GROUP BY ALL ORDER BY checks DESC, outcome").pl()
outcomes

# %%
budget.sql("""
    SELECT reason, count(*) AS checks
    FROM core_checks
    WHERE outcome = 'not_computable'
    GROUP BY ALL
    ORDER BY checks DESC, reason
    LIMIT 10
""").pl()

# %% [markdown]
# ## Documents whose own sums fail

# %%
violated = budget.sql("""
    SELECT d.department_name, CAST(d.fiscal_year AS VARCHAR) AS year, d.phase, c.check_id, c.check_subject,
        c.left_cny, c.right_cny, c.difference_cny, c.envelope_cny
    FROM core_checks AS c
    JOIN core_disclosures AS d ON d.document_id = c.document_id
    WHERE c.outcome = 'violated'
    ORDER BY d.department_name, c.document_id, c.check_number
""").pl()
violated.head(20)

# %% [markdown]
# ## What it comes from
#
# One misprint breaks several sums. The diagnosis names the smallest cause that explains them, the value
# that would fit, and whose error it is. The address leads to the page.

# %%
findings = budget.sql("""
    SELECT department_name, CAST(fiscal_year AS VARCHAR) AS year, finding_kind, whose, message, fitting_value, page, url
    FROM out_findings
    WHERE severity <> 'info'
    ORDER BY department_name, year, page NULLS LAST, finding_number
""").pl()
findings.head(20)

# %% [markdown]
# ## What is wrong on the way between two documents
#
# A budget that states the year before differently from what was published then, a final account with
# another budget than the budget, a department that is not the sum of its units.

# %%
budget.sql("""
    SELECT comparison_kind, outcome, count(*) AS checks
    FROM core_cross_checks
    GROUP BY ALL
    ORDER BY ALL
""").pl()

# %%
budget.sql(
    "SELECT message FROM core_cross_checks WHERE outcome = 'violated' ORDER BY document_id, cross_check_number LIMIT 10"
).pl()

# %% [markdown]
# ## The departments to look at first

# %%
worst = (
    violated.group_by("department_name", "year", "phase")
    .agg(pl.len().alias("failing_sums"))
    .sort("failing_sums", "department_name", descending=[True, False])
)
worst

# %%
# Nothing is called wrong that rounding explains. (A name that differs from its code's is a check without a difference.)
amounts = violated.filter(pl.col("difference_cny") != 0)
assert (amounts["difference_cny"].abs() > amounts["envelope_cny"]).all()
assert violated.height == outcomes.filter(pl.col("outcome") == "violated")["checks"].sum()
budget.close()

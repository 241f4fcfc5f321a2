# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Whose three public expenses rose?
#
# Travel abroad, official vehicles and hospitality, the “三公”经费, are published by every department. Two
# questions can be asked of them: what a document itself says of the year before, and what the document of
# the year before said.

# %%
import os

import polars as pl

import warehouse

pl.Config(tbl_rows=40, tbl_cols=12, fmt_str_lengths=40, thousands_separator=True, tbl_hide_dataframe_shape=True)
budget = warehouse.open(os.environ.get("YUSUAN_WAREHOUSE", "data/warehouse"))

# %% [markdown]
# ## What there is to compare
#
# Not every document prints the year before. Those that do not are counted here, so that the lists below
# cannot be taken for all.

# %%
covered = budget.sql("""
    SELECT phase, count(DISTINCT document_id) AS documents,
        count(DISTINCT document_id) FILTER (amount_basis IN ('prior_year_budget', 'prior_year_actual')) AS with_the_year_before
    FROM out_three_public
    GROUP BY ALL
    ORDER BY ALL
""").pl()
covered

# %% [markdown]
# ## What a document says of its own year before
#
# Only like is compared with like: the same fund, the same item, a budget with a budget and an actual
# amount with an actual amount. A blank cell is not nought: an item is left out where one of the two years
# prints nothing.

# %%
inside = budget.sql("""
    SELECT now.department_name, CAST(now.fiscal_year AS VARCHAR) AS year, now.phase, now.fund_type, now.item_key, now.item_name,
        before.amount_cny AS year_before, now.amount_cny AS this_year, now.amount_cny - before.amount_cny AS change, now.page
    FROM out_three_public AS now
    JOIN out_three_public AS before USING (document_id, fund_type, item_key)
    WHERE (now.amount_basis, before.amount_basis) IN (('budget', 'prior_year_budget'), ('actual', 'prior_year_actual'))
        AND now.amount_cny IS NOT NULL AND before.amount_cny IS NOT NULL
    ORDER BY change DESC, now.department_name, year, item_key
""").pl()
rose = inside.filter(pl.col("change") > 0)
rose.drop("item_key").head(20)

# %%
totals = inside.filter(pl.col("item_key") == "three_public_total")
totals.group_by("phase").agg(
    pl.len().alias("documents"),
    (pl.col("change") > 0).sum().alias("rose"),
    (pl.col("change") == 0).sum().alias("unchanged"),
    (pl.col("change") < 0).sum().alias("fell"),
).sort("phase")

# %% [markdown]
# ## What the document of the year before said
#
# Where both documents are in the warehouse, the amounts come from two documents that know nothing of each
# other.

# %%
across = budget.sql("""
    SELECT now.department_name, CAST(now.fiscal_year AS VARCHAR) AS year, now.phase, now.fund_type, now.item_key, now.item_name,
        before.amount_cny AS year_before, now.amount_cny AS this_year, now.amount_cny - before.amount_cny AS change
    FROM out_three_public AS now
    JOIN out_three_public AS before
        ON before.department_id = now.department_id AND before.organisation_scope = now.organisation_scope
        AND before.fiscal_year = now.fiscal_year - 1 AND before.phase = now.phase AND before.fund_type = now.fund_type
        AND before.item_key = now.item_key AND before.amount_basis = now.amount_basis
    WHERE now.amount_basis = CASE now.phase WHEN 'final' THEN 'actual' ELSE 'budget' END
        AND now.amount_cny IS NOT NULL AND before.amount_cny IS NOT NULL
    ORDER BY change DESC, now.department_name, year, item_key
""").pl()
across.drop("item_key").head(20)

# %% [markdown]
# ## Where the two disagree
#
# `core_cross_checks` holds what a document says of the year before against what that year's document
# printed. A difference is nobody's error until a person has looked at both pages.

# %%
budget.sql("""
    SELECT message
    FROM core_cross_checks
    WHERE comparison_kind = 'consecutive_years' AND outcome = 'violated'
    ORDER BY document_id, cross_check_number
    LIMIT 10
""").pl()

# %%
# A change is what it is said to be, and the list above is exactly those that rose.
assert (inside["this_year"] - inside["year_before"] == inside["change"]).all()
assert rose.height == (inside["change"] > 0).sum()
budget.close()

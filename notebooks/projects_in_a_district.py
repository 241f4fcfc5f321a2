# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # How much of a district's budget is projects?
#
# A department's expenditure is basic (基本支出: people and offices) or projects (项目支出), and a few kinds beside
# them. The table of expenditure prints both in its total row. Whatever is asked of it, the same yuan must
# be counted once.

# %%
import os

import polars as pl

import warehouse

pl.Config(tbl_rows=40, tbl_cols=14, fmt_str_lengths=40, thousands_separator=True, tbl_hide_dataframe_shape=True)
budget = warehouse.open(os.environ.get("YUSUAN_WAREHOUSE", "data/warehouse"))

# %% [markdown]
# ## One table of each department
#
# `out_spending_sources` says which column of which table stands for a document: one whose leaves add up to
# its printed total, of a document that no newer one has replaced, and no unit's document beside its
# department's. Its total row prints the kinds.

# %%
kinds = budget.sql("""
    SELECT s.document_id, r.name AS region, s.department_name, CAST(s.fiscal_year AS VARCHAR) AS year, s.phase, s.fund_type,
        l.expenditure_kind, l.amount_cny
    FROM out_spending_sources AS s
    JOIN core_budget_lines AS l
        ON l.table_id = s.table_id AND l.fund_type = s.fund_type AND l.amount_basis = s.amount_basis
        AND l.direction = 'expenditure'
    LEFT JOIN ref_regions AS r ON r.code = s.region_code
    WHERE s.classification = 'function' AND s.source_outcome = 'used' AND l.row_kind = 'total'
        AND l.expenditure_kind IN ('total', 'basic', 'project') AND l.amount_cny IS NOT NULL
    ORDER BY ALL
""").pl()
# A document whose total row prints a kind twice in one meaning is left out: which one counts is not known.
once = ["document_id", "expenditure_kind"]
twice = kinds.filter(pl.len().over(once) > 1)["document_id"].unique()
document = ["document_id", "region", "department_name", "year", "phase", "fund_type"]
split = kinds.filter(~pl.col("document_id").is_in(twice.implode())).pivot(
    on="expenditure_kind", index=document, values="amount_cny"
)
split.drop("document_id")

# %% [markdown]
# ## Only where the parts make the whole
#
# Where basic and project expenditure do not make the total, the rest is of other kinds (上缴上级, 经营支出, …) or
# was not printed. The share is then told with its rest, and nothing is spread over it.

# %%
shares = (
    split.drop_nulls(["total", "basic", "project"])
    .filter(pl.col("total") > 0)
    .with_columns(rest=pl.col("total") - pl.col("basic") - pl.col("project"))
    .with_columns(project_percent=(100 * pl.col("project") / pl.col("total")).cast(pl.Float64).round(1))
    .sort("project_percent", descending=True)
)
shares.drop("document_id")

# %% [markdown]
# ## By district
#
# Within one year, phase and fund. A district of which one department is here is one department:
# `departments` says how many there are.

# %%
group = ["region", "year", "phase", "fund_type"]
districts = (
    shares.group_by(group)
    .agg(pl.len().alias("departments"), pl.col("total", "basic", "project", "rest").sum())
    .with_columns(project_percent=(100 * pl.col("project") / pl.col("total")).cast(pl.Float64).round(1))
    .sort("project_percent", descending=True)
)
districts

# %% [markdown]
# ## Who is not in it
#
# A list is worth what it says of its gaps.

# %%
budget.sql("""
    SELECT source_outcome, count(*) AS documents
    FROM out_spending_sources
    WHERE classification = 'function'
    GROUP BY ALL
    ORDER BY documents DESC, source_outcome
""").pl()

# %%
left_out = split.height - shares.height
print(f"{shares.height} documents of {split.height} print both beside a total above 0; {left_out} do not")
assert districts["total"].sum() == shares["total"].sum()
assert (shares["basic"] + shares["project"] + shares["rest"] == shares["total"]).all()
budget.close()

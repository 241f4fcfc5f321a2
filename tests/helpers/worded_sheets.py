"""Ruled tables of words, such as sheets of performance targets, to be printed in a sample."""

from samples.sheets import Cell, Sheet


def make_sheet(
    table_type: str, title: str, *rows: tuple[str, ...], captions: tuple[str, ...] = (), notes: tuple[str, ...] = ()
) -> Sheet:
    """The first row is its header."""
    cells = tuple(tuple(Cell(text) for text in row) for row in rows)
    kinds = ("name",) * len(rows[0])
    return Sheet(table_type, title, "", "单位：万元", cells[:1], cells[1:], kinds, notes, captions)


TARGETS = make_sheet(
    "project_targets",
    "项目支出绩效目标表",
    ("项目名称", "中心运行维护费", "主管部门", "江汉区大数据中心"),
    ("项目编号", "1", "项目资金（万元）", "247.70"),
    ("一级指标", "二级指标", "三级指标", "指标值"),
    ("产出指标", "数量指标", "网络巡检次数", "≥24次"),
    ("产出指标", "质量指标", "系统可用率", "≥99%"),
    ("满意度指标", "服务对象满意度指标", "使用单位满意度", "≥90%"),
)
"""Of a project of the true sample; made up."""

"""Who publishes: the registry id of a department.

Promise: the same government and the same name give the same id in every document and year; spellings that differ only in width
and white space are one name.
"""

from transforms.text import normalise


def make_department_id(region_code: str | None, name: str | None) -> str | None:
    """`420103-江汉区大数据中心`; without a region (central government) the name alone; without a name nothing."""
    if not name:
        return None
    key = normalise(name)
    return f"{region_code}-{key}" if region_code else key

"""Pages of a portal whose list only its script makes."""

import json


def home_page(titles):
    """An application's shell, whose script makes the links."""
    script = f"""
    const titles = {json.dumps(titles, ensure_ascii=False)};
    setTimeout(() => {{
      document.getElementById('app').innerHTML = '<a href="/n1">一</a><a href="/n2">二</a><a href="/n3">三</a>' +
        titles.map((title, number) => `<a href="/a/${{number}}.html" title="${{title}}">${{title}}</a>`).join('');
    }}, 300);"""
    return f'<html><head><meta charset="utf-8"></head><body><div id="app"></div><script>{script}</script></body></html>'


def article_page(title, number):
    nav = '<a href="/n1">一</a><a href="/n2">二</a><a href="/n3">三</a>'
    head = f'<head><meta charset="utf-8"><meta name="ArticleTitle" content="{title}"></head>'
    return f'<html>{head}<body>{nav}<div class="TRS_Editor"><a href="/{number}.pdf">附件</a></div></body></html>'

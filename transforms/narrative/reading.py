"""From sentences to statements: what each number of the running text is said of, and in which role.

Promise: every number with a unit ends as a statement, as ignored with a reason, or as unread; nothing is dropped. The state that
is carried from sentence to sentence is what a reader carries: the headings above, the thing spoken of, the fund and the side.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from transforms.narrative.concepts import (
    NAMED,
    Concept,
    Context,
    Names,
    cut_funds,
    find_fund,
    find_word,
    name_project,
    resolve_budget_phrase,
    resolve_class,
    resolve_phrase,
    restrict,
)
from transforms.narrative.lexicon import compile_pattern, load_lexicon
from transforms.narrative.personal import cut_behind_telephone, is_personal
from transforms.narrative.quantities import Quantity, find_quantities
from transforms.narrative.sentences import Sentence, split_sentences
from transforms.narrative.staff import HEADCOUNT, Staffed

DELIMITER = re.compile(r"[,;:。]")
BRACKETS = re.compile(r"\([^()]*\)")
STOCKS = ("headcount.", "vehicles.", "equipment.", "premises.", "assets.")
STOCK_DATE = re.compile(r"(?:截至|截止|至)?(?P<year>\d{4})年(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日)?|(?P<end>年?[底末]))")
DATED = re.compile(r"(?:截至|截止|至)\d{4}年|\d{4}年?[底末]|(?:截至|截止)上年")  # of what there is, not of when it was approved
LAST_YEAR = re.compile(r"(?:截至|截止)上年[底末]")
PURCHASE = re.compile(r"(?:计划|安排|拟)[^,;。]*(?:购置|采购|更新)|购置(?:车辆|公务用车|单)|新增车辆")
MOVED = re.compile(r"(?:(?P<up>调入|净增)|(?:调出|净减))(?:人员)?$")
PROJECTS_OPENED = re.compile(r"项目(?:有|为|包括|如下):")
PROJECTS = Concept("project", "yuan", True, None, None, None, "project")
PROJECT_NAMED = re.compile(r"项目(?:资金|经费|支出|预算)*$")
STAFF = re.compile(r"编制|内设|下属|所属|预算单位|实有|在职|退休")
LIST_OPENED = re.compile(r"(?P<noun>[^,;:。]*支出[^,;:。]*)(?:如下|包括|情况为)[:。]?$")
ACTUAL = re.compile(r"^(?:本年)?支出决算(?:数)?[为是]?$")
LABELLED = re.compile(
    r"(?P<label>[^,;:。]{2,}):(?:\d{4}年度?)?(?:年初|全年|本年|预算|决算|支出|安排|合计|总计|共计|数|为|是|共)*$"
)
CHAPTER = 1  # the mark up to which a heading opens a chapter
LONGEST_REASON = 120
EVIDENCE = 24  # characters before a number that are kept with it


@dataclass(slots=True)
class Statement:
    """One stated fact; `start` and `end` are its number's place in the passage."""

    statement_key: str
    subject: str | None
    value: Decimal | None
    unit: str | None
    printed: str | None
    period: str
    direction: str | None
    start: int
    end: int
    evidence: str
    reason: str | None = None
    is_unit_missing: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """A number with a unit that states nothing, and why."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A number with a unit that was not understood."""

    start: int
    end: int


@dataclass(slots=True)
class NarrativeReading:
    """What a passage states, what was ignored and why, and what was not understood."""

    statements: list[Statement] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


@dataclass(slots=True)
class _Place:
    """One heading or item on the way down to the sentence being read."""

    level: int
    text: str
    is_heading: bool
    domain: str | None
    fund: str | None
    side: str | None
    kind: str | None
    names_fund: bool
    concept: Concept | None


@dataclass(slots=True)
class _Thread:
    """What the sentence being read is about, so far."""

    text: str
    start: int
    last: Concept | None = None
    first: Concept | None = None
    head: Concept | None = None
    is_enumerated: bool = False
    is_listing: bool = False
    comparison: str | None = None
    read_to: int = 0
    reason_at: int = -1
    reason_end: int = -1
    reason_of: Concept | None = None
    is_purchase: bool = False
    flow_to: int = 0  # the end of the last number of persons who came or went
    consumed: int = 0
    is_lost: bool = False
    change: Statement | None = None  # the last change of an amount
    money: Concept | None = None  # the last concept that is an amount
    outer: list[Concept | None] = field(default_factory=list)  # what was spoken of before each bracket that is open
    brackets_to: int = 0
    base: str = ""  # the comparison before an amount that was the base of one: 与上年预算数45万元 before 持平

    def is_in_reason(self, at: int) -> bool:
        """Whether a place of the sentence is inside a stated reason."""
        return 0 <= self.reason_at < at < self.reason_end


def read_narrative(text: str, year: int, phase: str, names: Names) -> NarrativeReading:
    """The statements of a passage's text. `year` and `phase` (budget, final) are the document's."""
    reader = _Reader(year, phase, names)
    for sentence in split_sentences(text):
        reader.read(sentence)
    for place, unit in reader.staffed.list_units().items():
        reader.result.statements[place].subject = unit
    return reader.result


class _Reader:
    """Goes through the sentences of one document, in order."""

    def __init__(self, year: int, phase: str, names: Names) -> None:
        self.year, self.phase, self.names = year, phase, names
        self.lexicon = load_lexicon()
        self.result = NarrativeReading()
        self.places: list[_Place] = []
        self.path: tuple[str, ...] = ()
        self.before: Concept | None = None  # what the sentence before was about
        self.stock_date: str | None = None
        self.is_dated = False  # whether the sentence being read says of which day its stocks are
        self.unexplained: list[Statement] = []  # changes without a reason, of this sentence and the one before
        self.completions: list[Statement] = []
        self.staffed = Staffed()

    def read(self, sentence: Sentence) -> None:
        """One sentence or heading."""
        if sentence.is_heading or sentence.level is not None:
            self._enter(sentence)
        if sentence.is_heading:
            return
        reason = self._find_section()
        if reason is None and compile_pattern(self.lexicon.personal).search(sentence.text):
            reason = "personal"
        if reason is not None:
            for quantity in find_quantities(sentence.text):
                self._ignore(quantity, sentence.start, reason)
            return
        self._read_sentence(sentence)

    def _enter(self, sentence: Sentence) -> None:
        """Go to a heading's or an item's place."""
        level = sentence.level or 0
        while self.places and self.places[-1].level >= level:
            self.places.pop()
        above = self.places[-1] if self.places else None
        lead = sentence.text if sentence.is_heading else _find_lead(sentence.text)
        own = find_fund(lead) if sentence.is_heading else None
        is_chapter = sentence.is_heading and level <= CHAPTER
        inherited = above.fund if above and not is_chapter else None
        side = find_word(self.lexicon.sides, lead) if sentence.is_heading else None
        place = _Place(
            level,
            lead,
            sentence.is_heading,
            find_word(self.lexicon.domains, lead),
            own or inherited,
            side or (above.side if above and not is_chapter else None),
            above.kind if above and not is_chapter else None,
            own is not None or bool(above and above.names_fund and not is_chapter),
            None,
        )
        self.places.append(place)
        place.concept = resolve_phrase(_clean_heading(lead), "yuan", self._context(None), self.names)
        if place.concept is None and above is not None and compile_pattern(f"{self.lexicon.organisation}$").search(lead):
            # A heading that only names the issuer goes on with what the chapter is about.
            place.concept = above.concept
        if place.concept is not None:
            place.kind = place.concept.kind if place.concept.kind in KINDS else place.kind
            self.path = place.concept.path or self.path
        if sentence.is_heading:
            self.stock_date = None
        self.before = place.concept
        self.unexplained, self.completions = [], []

    def _find_section(self) -> str | None:
        found = None
        for place in self.places:
            if place.is_heading and place.level <= 2:
                # The staff of a department is told below its duties in some cities: 基本职能及主要工作 / 机构设置.
                is_staff = found == "duties" and place.domain == "organisation"
                found = find_word(self.lexicon.sections_ignored, place.text) or (None if is_staff else found)
        return found

    def _context(self, last: Concept | None) -> Context:
        place = self.places[-1] if self.places else None
        domain = next((p.domain for p in reversed(self.places) if p.domain), None)
        return Context(
            frozenset((domain,) if domain else ()),
            last.key if last else "",
            place.fund if place else None,
            place.side if place else None,
            place.kind if place else None,
            place.names_fund if place else False,
            self.path,
        )

    def _read_sentence(self, sentence: Sentence) -> None:
        thread = _Thread(sentence.text, sentence.start)
        place = self.places[-1] if self.places else None
        thread.last = self.before or (place.concept if place else None)
        self._note_date(sentence.text)
        self.staffed.begin()
        self.unexplained = [s for s in self.unexplained if s.start >= sentence.start - 400]
        for event in _find_events(sentence.text):
            if isinstance(event, Quantity):
                self._read_quantity(event, thread)
            elif event.lastgroup == "unchanged":
                self._read_unchanged(event, thread)
            elif event.lastgroup == "settled":
                self._read_settled(event, thread)
            else:
                self._read_reason(event, thread)
        self._open_list(sentence.text)
        self.before = None if thread.is_lost else thread.first or self.before
        self.completions = self.completions[-6:]

    def _open_list(self, text: str) -> None:
        """财政拨款支出主要内容如下: says which fund the items below are paid from."""
        match = LIST_OPENED.search(text)
        if match and self.places and (fund := find_fund(match["noun"])):
            self.places[-1].fund = fund

    # -- numbers

    def _read_quantity(self, quantity: Quantity, thread: _Thread) -> None:
        if quantity.ignored:
            self._ignore(quantity, thread.start, quantity.ignored)
            return
        left = thread.text[thread.read_to : quantity.start]
        _follow_brackets(thread, quantity.start)
        thread.base = ""
        statements = self._state(quantity, left, thread)
        if statements is None and quantity.unit == "persons" and self._is_flow(quantity, left, thread):
            self._ignore(quantity, thread.start, "staff_flow")
            thread.flow_to = quantity.end
        elif statements is None and self._is_unnamed_count(quantity, thread.text):
            self._ignore(quantity, thread.start, "unnamed_count")
        elif statements is None:
            self._leave(quantity, thread)
        thread.read_to = quantity.end + thread.consumed
        thread.consumed = 0

    def _is_unnamed_count(self, quantity: Quantity, text: str) -> bool:
        """Counts of work done and of things that no term names are out of scope, but not where such counts are spoken of."""
        if quantity.unit in {"yuan", "percent", "vehicles", None}:
            return False
        return not self._context(None).domains & {"assets", "three_public"} and STAFF.search(text) is None

    def _is_flow(self, quantity: Quantity, left: str, thread: _Thread) -> bool:
        """Who came and went is no stock; 退休1人 is one beside 在职20人, but not in a reason or behind 调出14人."""
        clause = _last_clause(left)
        if compile_pattern(f"(?:{self.lexicon.staff_flow})$").search(clause):
            return True
        follows = 0 < thread.flow_to == thread.read_to
        is_among_flows = follows or thread.is_in_reason(quantity.start)
        return is_among_flows and compile_pattern(f"(?:{self.lexicon.staff_flow_among_flows})$").search(clause) is not None

    def _ignore(self, quantity: Quantity, start: int, reason: str) -> None:
        self.result.ignored.append(Ignored(start + quantity.start, start + quantity.end, reason))

    def _leave(self, quantity: Quantity, thread: _Thread) -> None:
        if quantity.unit == "yuan":
            # What follows is said of a thing that was not understood.
            thread.is_lost = thread.is_lost or thread.first is None
            thread.last = thread.money = thread.change = None
        self.result.unread.append(Unread(thread.start + quantity.start, thread.start + quantity.end))

    def _state(self, quantity: Quantity, left: str, thread: _Thread) -> Statement | None:
        clause = _last_clause(left)
        if quantity.unit == "percent" and compile_pattern(self.lexicon.completion).search(clause):
            return self._state_completion(quantity, clause, thread)
        change = _find_change(clause, self.lexicon.increase, self.lexicon.decrease)
        if quantity.unit == "persons" and (moved := MOVED.search(clause)):
            change = _Change(moved.start(), "increase" if moved["up"] else "decrease", False)
        if change is not None:
            return self._state_change(quantity, left, clause, change, thread)
        if quantity.unit is None:
            return self._state_nothing(quantity, left, thread)
        if quantity.unit == "percent" and left == "(" and thread.change is not None:
            return self._repeat_change(quantity, thread.change, thread)
        if quantity.unit == "percent" and (part := compile_pattern(self.lexicon.share).search(clause)):
            return self._state_share(quantity, clause[: part.start()], part.group(), thread)
        return self._state_amount(quantity, left, thread)

    def _state_nothing(self, quantity: Quantity, left: str, thread: _Thread) -> Statement | None:
        """支出预算为0: nothing, in whatever unit money has."""
        statement = self._state_amount(replace(quantity, unit="yuan"), left, thread) if quantity.value == 0 else None
        if statement is not None:
            statement.is_unit_missing = True
        return statement

    def _state_completion(self, quantity: Quantity, clause: str, thread: _Thread) -> Statement | None:
        concept = thread.last
        if match := re.match(r"^(?:其中)?项目支出(?P<name>[^,;。]{2,20}?)(?:较|比)", clause):
            concept = Concept("project", "yuan", True, match["name"])
        if concept is None or concept.unit != "yuan":
            return None
        adjusted = re.search(r"(?:全年|调整后?)的?预算", clause)
        period = "current_vs_adjusted_budget" if adjusted else "current_vs_budget"
        statement = self._emit(f"completion.{concept.key}.percent", concept, quantity, period, None, thread)
        if not (concept.key == "project" and concept.subject):
            self.completions.append(statement)
        else:
            statement.direction = "decrease" if quantity.value < 100 else "increase" if quantity.value > 100 else "unchanged"
        self.unexplained.append(statement)
        return statement

    def _state_share(self, quantity: Quantity, noun: str, whole: str, thread: _Thread) -> Statement | None:
        """占…% is said of the amount before, unless its clause names another thing."""
        noun = _last_phrase(noun)
        begins = thread.read_to == 0  # 财政拨款支出占总支出的比重为85%: nothing was said before
        concept = None if begins else thread.last
        if not _is_empty(noun) or (begins and find_fund(noun)):
            concept = resolve_phrase(noun, "yuan", self._context(thread.last), self.names)
        if concept is None or concept.unit != "yuan":
            return None
        # A share of the contracts for goods is that of goods.
        if concept.key.endswith(".awarded") and (contract := find_word(self.lexicon.contracts, whole)):
            concept = replace(concept, key=f"{concept.key}.{contract}")
        return self._emit(f"share.{concept.key}", concept, quantity, "current", None, thread)

    def _state_change(self, quantity: Quantity, left: str, clause: str, change: "_Change", thread: _Thread) -> Statement | None:
        concept: Concept | None
        if quantity.unit == "persons":
            concept, measure = Concept("headcount", "persons"), "count"
        else:
            concept = self._find_changed(left, clause, change, quantity, thread)
            measure = {"yuan": "amount", "percent": "percent"}.get(quantity.unit or "percent", "count")
        if concept is None or (measure == "count" and concept.key != "headcount"):
            return None
        direction = change.direction
        if change.is_template:
            direction = next((s.direction for s in reversed(self.unexplained) if s.direction), direction)
        if quantity.is_negative:
            direction = {"increase": "decrease", "decrease": "increase"}[direction]
        if quantity.value == 0:
            direction = "unchanged"
        statement = self._emit(
            f"change.{concept.key}.{measure}", concept, quantity, self._find_comparison(left, thread), direction, thread
        )
        statement.is_unit_missing = quantity.unit is None
        if quantity.unit is None:
            statement.unit = "percent"
        if not thread.is_in_reason(quantity.start):
            self.unexplained.append(statement)
        if concept.key == "headcount":
            thread.flow_to = quantity.end
        else:
            thread.change = statement if measure == "amount" else None
            thread.last = concept
            thread.first = thread.first or concept
        return statement

    def _repeat_change(self, quantity: Quantity, change: Statement, thread: _Thread) -> Statement:
        """较上年增加74.97万元(92.8%): the percentage in brackets is the same change."""
        statement = replace(
            change,
            statement_key=change.statement_key.removesuffix("amount") + "percent",
            value=quantity.amount,
            unit="percent",
            printed=quantity.printed + quantity.printed_unit,
            start=thread.start + quantity.start,
            end=thread.start + quantity.end,
            evidence=_cut_evidence(thread.text, quantity),
        )
        self.result.statements.append(statement)
        if not thread.is_in_reason(quantity.start):
            self.unexplained.append(statement)
        return statement

    def _find_changed(self, left: str, clause: str, change: "_Change", quantity: Quantity, thread: _Thread) -> Concept | None:
        """What has changed: the noun before the word of change, or the thing spoken of."""
        in_reason = thread.is_in_reason(quantity.start)
        context = self._context(thread.last)
        if in_reason and thread.reason_of is not None:
            # The parts that explain a whole are named without its fund; those that explain a part have the part's.
            context = replace(context, fund=None if thread.reason_of.is_total else thread.reason_of.fund)
        phrase = re.sub("^(?:相比|比较|对比)", "", _last_phrase(_cut_comparison(clause[: change.start], self.lexicon.comparator)))
        if change.object:
            concept = resolve_budget_phrase(_last_clause(phrase), context, self.names)
            if concept is None:
                return None
            return restrict(concept, change.object) if concept.kind == "project" else concept
        if not _is_empty(phrase):
            concept = resolve_phrase(phrase, "yuan", context, self.names)
            if concept is None and self._lists_projects(thread) and not in_reason:
                concept = name_project(phrase, None)
            return _take_fund(concept, thread.last)
        if thread.is_listing and thread.head is not None and _reopens(left, self.lexicon.comparator):
            return thread.head
        clauses = [part for part in DELIMITER.split(left)[:-1] if part]
        if clauses and (named := self._find_bare_change(clauses[-1], context)):
            return named
        if noun := self._find_compared(thread.text[: quantity.start]):
            named = resolve_budget_phrase(noun, context, self.names)
            # What is compared by name and not known is not what was spoken of before.
            if named is not None or not _is_empty(noun):
                return named
        if thread.is_enumerated and thread.head is not None:
            return thread.head
        spoken_of = _if_money(thread.last) or thread.money
        if quantity.unit == "percent" or quantity.unit is None or thread.read_to == 0 or not in_reason:
            return spoken_of
        return None

    def _find_bare_change(self, clause: str, context: Context) -> Concept | None:
        """项目支出增加,较上一度增加…: the noun stands in the clause before, with the word of change alone."""
        words = f"{self.lexicon.increase}|{self.lexicon.decrease}"
        if match := re.search(f"^(?P<noun>.+?)(?:{words})$", clause):
            noun = re.sub(f"^.*(?:{self.lexicon.reason})", "", match["noun"])
            return resolve_budget_phrase(noun, replace(context, fund=None), self.names)
        return None

    def _find_compared(self, text: str) -> str | None:
        """支出预算与2024年相比(2024年为8万元),增加…: what stands before the comparison, of which a bracket may hold the base."""
        clauses = DELIMITER.split(BRACKETS.sub("", text))
        before = clauses[-2] if clauses[1:] else ""
        match = re.search(rf"^(?P<noun>.+?)(?:{self.lexicon.comparator}).*(?:相比|比较|对比)$", before)
        if match is None or next(find_quantities(match["noun"]), None) is not None:
            return None
        return match["noun"]

    def _state_amount(self, quantity: Quantity, left: str, thread: _Thread) -> Statement | None:
        wide = re.split(r"[;。]", thread.text[: quantity.start])[-1]
        after = thread.text[quantity.end : quantity.end + 30]
        phrase = self._find_label(left) or _last_phrase(left)
        if compile_pattern(self.lexicon.listing).search(left):
            thread.head, thread.is_listing = thread.first or thread.last, True
        if PROJECTS_OPENED.search(left):
            thread.head, thread.is_listing = PROJECTS, True
        context = self._context(thread.last)
        if thread.is_listing and thread.head is not None and thread.head.kind in KINDS and not context.kind:
            context = replace(context, kind=thread.head.kind, fund=thread.head.fund or context.fund)
        part_of = thread.head if thread.is_listing and thread.head is not None and thread.head.subject else None
        is_base = thread.last is not None and _is_compared(_last_clause(left), self.lexicon.comparator)
        is_actual = ACTUAL.match(phrase) is not None and _has_actual(thread)
        if is_base or is_actual:
            concept = thread.last
        elif part_of is not None and part_of.kind == NAMED and PROJECT_NAMED.search(phrase) and quantity.unit == "yuan":
            # 上年结转项目 among the parts of a project is one of them.
            concept = name_project(phrase, part_of)
        else:
            concept = self._resolve_stated(phrase, quantity.unit or "", context, wide, after, thread)
        if concept is None and quantity.unit == "yuan":
            concept = self._find_spoken_of(phrase, left, thread)
        if concept is None and quantity.unit == "yuan" and self._lists_projects(thread):
            parent = thread.head if thread.is_listing else None
            concept = name_project(phrase, parent)
        if concept is None or (quantity.unit == "yuan" and thread.is_in_reason(quantity.start)):
            return None
        if quantity.unit == "persons" and self._is_flow(quantity, left, thread):
            return None
        thread.is_purchase = thread.is_purchase or PURCHASE.search(wide) is not None
        if is_base and concept.unit != "yuan":
            return None
        concept = _plan_purchase(concept, quantity.unit or "", thread.is_purchase)
        thread.is_enumerated = thread.is_listing and left.startswith("、")
        period = self._find_base_period(left) if is_base else self._find_period(concept, left, after)
        thread.base = left if is_base else ""
        if concept.key.startswith(HEADCOUNT):
            self.staffed.add(len(self.result.statements), concept.key, quantity.printed, _last_clause(left))
        statement = self._emit(concept.amount_key, concept, quantity, period, None, thread)
        self._follow(concept, thread)
        thread.consumed = concept.consumed
        return statement

    def _find_label(self, left: str) -> str | None:
        """The class before a colon behind which only its amount is announced: 检察(款):2018年预算支出合计…."""
        match = LABELLED.search(left)
        if match is None or resolve_class(match["label"], self._context(None), self.names) is None:
            return None
        return match["label"]

    def _resolve_stated(self, phrase: str, unit: str, context: Context, wide: str, after: str, thread: _Thread) -> Concept | None:
        if thread.is_listing and thread.head is not None and thread.head.key == "agency_operating.total" and unit == "yuan":
            # The parts of the operating cost are economic classes, also those that are three public expenses elsewhere.
            return resolve_class(phrase, replace(context, kind="operating"), self.names)
        concept = resolve_phrase(phrase, unit, context, self.names, wide, after)
        if concept is not None and concept.is_plain and "performance" in context.domains and "涉及" in wide:
            return None
        return concept

    def _follow(self, concept: Concept, thread: _Thread) -> None:
        """The concept is now what the text speaks of; a whole also says which fund and side its parts are of."""
        thread.last = concept
        thread.money = _if_money(concept) or thread.money
        thread.first = thread.first or concept
        self.path = concept.path or self.path
        if thread.is_listing and _is_counterpart(concept, thread.head):
            thread.is_listing, thread.head = False, None
        if thread.is_listing or not self.places:
            return
        place = self.places[-1]
        if concept.side:
            place.side = concept.side
        if (concept.is_total and concept.side != "revenue") or concept.kind in KINDS:
            place.fund = concept.fund

    def _find_spoken_of(self, phrase: str, left: str, thread: _Thread) -> Concept | None:
        """The thing that a number without a noun of its own is said of."""
        if not _is_empty(phrase):
            return None
        place = self.places[-1] if self.places else None
        if thread.read_to > 0:
            is_planned = thread.last is not None and "planned_purchase" in thread.last.key
            if is_planned or re.search(r"预算|决算|执行|数", phrase):
                return thread.last if is_planned else _if_money(thread.last) or thread.money
            return None
        return _if_money(thread.last or (place.concept if place else None))

    def _lists_projects(self, thread: _Thread) -> bool:
        place = self.places[-1] if self.places else None
        return bool((place and place.kind == "project") or (thread.is_listing and thread.head and thread.head.kind == "project"))

    # -- words

    def _read_unchanged(self, match: re.Match[str], thread: _Thread) -> None:
        left = thread.text[thread.read_to : match.start()]
        _follow_brackets(thread, match.start())
        left = left or thread.base
        clause = _last_clause(left)
        comparator = compile_pattern(self.lexicon.comparator)
        if comparator.search(clause) is None or (thread.read_to == 0 and "," in left and not comparator.match(left)):
            return
        phrase = _cut_comparison(clause, self.lexicon.comparator)
        context = self._context(thread.last)
        concept = thread.last if _is_empty(phrase) else resolve_phrase(phrase, "yuan", context, self.names)
        if thread.is_enumerated and thread.head is not None and _is_empty(phrase):
            concept = thread.head
        if concept is None or concept.unit != "yuan" or self._has_change(concept, thread):
            return
        place = Quantity(match.start(), match.end(), "", Decimal(0), "", None, Decimal(1))
        period = self._find_comparison(left, thread)
        statement = self._emit(f"change.{concept.key}.amount", concept, place, period, "unchanged", thread)
        statement.value, statement.unit, statement.printed = None, None, None
        self.unexplained.append(statement)
        thread.last = concept
        thread.first = thread.first or concept

    def _has_change(self, concept: Concept, thread: _Thread) -> bool:
        keys = (f"change.{concept.key}.amount", f"change.{concept.key}.percent")
        return any(
            s.statement_key in keys and s.subject == concept.subject and s.start >= thread.start
            for s in self.result.statements[-3:]
        )

    def _read_settled(self, match: re.Match[str], thread: _Thread) -> None:
        """决算数小于预算数: the direction of the completions before."""
        direction = find_word(self.lexicon.settled, match.group())
        concept = resolve_phrase(_last_clause(thread.text[: match.start()]), "yuan", self._context(thread.last), self.names)
        key = f"completion.{concept.key}.percent" if concept else None
        fitting = [s for s in self.completions if key is None or s.statement_key == key]
        if fitting:
            fitting[-1].direction = direction
            self.unexplained = [fitting[-1]]
            self.completions.remove(fitting[-1])

    def _read_reason(self, match: re.Match[str], thread: _Thread) -> None:
        start = match.end()
        end = _find_reason_end(thread.text, start)
        reason = thread.text[start:end].strip(":,;。")
        thread.reason_at, thread.reason_end, thread.reason_of = match.start(), end, thread.last
        if not reason or is_personal(reason):
            return
        # After a semicolon a reason is that of the part it stands in.
        part = thread.start + thread.text.rfind(";", 0, match.start())
        near = [statement for statement in self.unexplained if statement.start > part] or self.unexplained
        for statement in near:
            if statement.reason is None:
                statement.reason = reason[:LONGEST_REASON]
        self.unexplained = []

    # -- times

    def _note_date(self, text: str) -> None:
        self.is_dated = DATED.search(text) is not None
        if match := LAST_YEAR.search(text):
            self.stock_date = f"{self.year - 1}-12-31"
        elif match := STOCK_DATE.search(text):
            if match["end"]:
                self.stock_date = f"{match['year']}-12-31"
            else:
                parts = (match["year"], f"{int(match['month']):02}", f"{int(match['day']):02}" if match["day"] else None)
                self.stock_date = "-".join(part for part in parts if part)

    def _find_period(self, concept: Concept, left: str, after: str) -> str:
        if concept.key.startswith(STOCKS) and "planned_purchase" not in concept.key:
            # Posts are of the year unless their own sentence says of which day: the date of the staff further up is not theirs.
            is_dated = self.is_dated or not concept.key.startswith("headcount.authorised")
            return self.stock_date or "current" if is_dated else "current"
        words = cut_funds(_last_clause(left))
        for rule in self.lexicon.amount_periods:
            if rule.value.startswith("current_") and self.phase != "final":
                continue
            if compile_pattern(rule.pattern.replace("PRIOR", str(self.year - 1))).search(words):
                return "current" if _compares_itself(words, after, self.year - 1) else rule.value
        return "current"

    def _find_base_period(self, left: str) -> str:
        """Of what an amount is compared with: 较上年的7.80万元."""
        clause = _last_clause(left)
        if self.phase == "final" and not re.search(rf"上|去|前|{self.year - 1}", clause):
            return "current_budget"
        return "prior_estimate" if "执行" in clause else "prior"

    def _find_comparison(self, left: str, thread: _Thread) -> str:
        words = left if compile_pattern(self.lexicon.comparator).search(left) else ""
        for rule in self.lexicon.change_periods:
            if words and compile_pattern(rule.pattern.replace("PRIOR", str(self.year - 1))).search(words):
                if self.phase != "final" and rule.value in {"current_vs_budget", "current_vs_adjusted_budget"}:
                    continue
                thread.comparison = rule.value
                break
        return thread.comparison or "current_vs_prior"

    def _emit(
        self, key: str, concept: Concept, quantity: Quantity, period: str, direction: str | None, thread: _Thread
    ) -> Statement:
        statement = Statement(
            key,
            concept.subject,
            quantity.amount,
            quantity.unit,
            quantity.printed + quantity.printed_unit,
            period,
            direction,
            thread.start + quantity.start,
            thread.start + quantity.end,
            _cut_evidence(thread.text, quantity),
        )
        self.result.statements.append(statement)
        return statement


CLASSES = frozenset(("function", "economic"))
KINDS = frozenset(("basic", "project", "personnel", "operating"))


@dataclass(frozen=True, slots=True)
class _Change:
    """A word of change before a number: where it begins, which way, and the object between (减少某费200万元)."""

    start: int
    direction: str
    is_template: bool
    object: str | None = None


def _follow_brackets(thread: _Thread, end: int) -> None:
    """Behind a bracket the text goes on with what it was about before: 购置及运行费30万元(其中购置费0万元),与上年持平."""
    begin, thread.brackets_to = thread.brackets_to, end
    for character in thread.text[begin:end]:
        if character == "(":
            thread.outer.append(thread.last)
        elif character == ")" and thread.outer and (outer := thread.outer.pop()) is not None:
            thread.last = outer
            thread.money = _if_money(outer) or thread.money


def _find_change(clause: str, increase: str, decrease: str) -> _Change | None:
    verbs = f"(?P<up>{increase})|(?P<down>{decrease})"
    tail = r"(?:\((?:增长|增加|上升|减少|下降|降低)\))?(?:幅度)?(?:[了额为约各:-]|达|数为)*$"
    if match := re.search(f"(?:{verbs}){tail}", clause):
        return _Change(match.start(), "increase" if match["up"] else "decrease", "(" in match.group())
    if match := re.search(f"(?:{verbs})(?P<object>[^,;:。]{{2,40}}?)(?:等)?$", clause):
        return _Change(match.start(), "increase" if match["up"] else "decrease", False, match["object"])
    return None


def _find_events(text: str) -> Iterator[Quantity | re.Match[str]]:
    """Numbers and words of a sentence that state something, in order."""
    lexicon = load_lexicon()
    settled = "|".join(rule.pattern for rule in lexicon.settled)
    words = re.compile(f"(?P<settled>{settled})|(?P<unchanged>{lexicon.unchanged})|(?P<reason>{lexicon.reason})")
    events: list[tuple[int, Quantity | re.Match[str]]] = [(q.start, q) for q in find_quantities(text)]
    events += [(m.start(), m) for m in words.finditer(text)]
    return (event for _, event in sorted(events, key=lambda pair: pair[0]))


def _find_lead(text: str) -> str:
    """The words with which an item begins, up to its first stop or number."""
    first = next(find_quantities(text), None)
    return re.split(r"[,:;。]", text[: first.start] if first else text, maxsplit=1)[0]


def _clean_heading(text: str) -> str:
    return re.sub(r"(?:总体|具体|安排|使用|结构)*(?:情况的?(?:总体)?说明|情况|说明)(?:\([^()]*\))?[:。]?$", "", text)


def _last_clause(text: str) -> str:
    """What stands behind the last stop that is not inside brackets."""
    return _cut_open_bracket(DELIMITER.split(text)[-1])


def _last_phrase(text: str) -> str:
    """The noun phrase at the end of a text: behind the last stop, open bracket, and word that opens a list or a reason."""
    lexicon = load_lexicon()
    clause = re.sub(rf"^.*(?:{lexicon.listing}|{lexicon.reason})", "", _last_clause(text))
    return re.sub(r"^[、和及]", "", clause)


def _cut_open_bracket(text: str) -> str:
    depth, cut = 0, 0
    for index, character in enumerate(text):
        if character == "(":
            if depth == 0:
                cut_at = index + 1
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                depth, cut = 0, index + 1
    return text[cut_at:] if depth > 0 else text[cut:]


def _cut_comparison(clause: str, comparator: str) -> str:
    """A clause without what the amount is compared with."""
    match = re.search(comparator, clause)
    if match is None:
        return clause
    before, behind = clause[: match.start()], clause[match.end() :]
    if (found := re.search(r"相比|比较|对比", behind)) is not None:
        return before or behind[found.end() :]
    return before


def _is_empty(phrase: str) -> bool:
    """Whether a phrase has no noun of its own: filler, or the issuer and filler."""
    lexicon = load_lexicon()
    if re.search(r"^总?支出(?:预算|合计|总计)?$|项目(?:支出|经费)", phrase):
        return False
    return bool(re.search(rf"^(?:{lexicon.filler}|各|均|也|并|又|还|同时|同比|上一?年度?|去年)*$", phrase)) or bool(
        re.search(rf"^.*(?:{lexicon.organisation})(?:预算|决算)(?:数|为)*$", phrase)
    )


def _plan_purchase(concept: Concept, unit: str, is_purchase: bool) -> Concept:
    """Vehicles and equipment that are to be bought are others than those there are; what they cost is their amount."""
    family = concept.key.split(".")[0]
    if family not in {"vehicles", "equipment"}:
        return concept
    if ".planned_purchase" not in concept.key:
        return replace(concept, key=f"{family}.planned_purchase{concept.key.removeprefix(family)}") if is_purchase else concept
    if unit != "yuan" or concept.unit == "yuan":
        return concept
    return replace(concept, key=f"{concept.key.removesuffix('.count').removesuffix('.total')}.amount", unit="yuan")


def _is_compared(clause: str, comparator: str) -> bool:
    """Whether a clause names only what an amount is compared with: 比2025年年初预算数264448.86万元增加…."""
    match = re.search(rf"^(?:{comparator})(?P<base>.*)$", clause)
    others = f"相比|对比|比较|{load_lexicon().increase}|{load_lexicon().unchanged}"
    return match is not None and not re.search(others, match["base"])


def _reopens(left: str, comparator: str) -> bool:
    """Whether a comparison stands alone behind a semicolon: the list of parts has ended, and it is said of the whole."""
    return re.match(f"^[)]?;(?:{comparator})", left) is not None


def _has_actual(thread: _Thread) -> bool:
    """Whether 支出决算 is said of the thing spoken of (after its 年初预算) or of an item's class; a revenue has none."""
    if thread.last is not None and (thread.last.side == "revenue" or thread.last.kind in CLASSES):
        return thread.last.kind in CLASSES
    return thread.first is not None


def _if_money(concept: Concept | None) -> Concept | None:
    return concept if concept is not None and concept.unit == "yuan" else None


def _cut_evidence(text: str, quantity: Quantity) -> str:
    """The number with what stands before it, without a telephone number and what is before that."""
    return cut_behind_telephone(text[max(0, quantity.start - EVIDENCE) : quantity.start]) + text[quantity.start : quantity.end]


def _take_fund(concept: Concept | None, last: Concept | None) -> Concept | None:
    """收入总计、支出总计均增加 after the totals of a fund is said of that fund."""
    if concept is None or last is None or concept.fund or not concept.is_total:
        return concept
    return last if last.is_total and last.fund and last.side == concept.side else concept


def _is_counterpart(concept: Concept, head: Concept | None) -> bool:
    """Whether a concept is the other side of what a list is of: the list has ended."""
    both = head is not None and head.is_total and concept.is_total and head.side != concept.side
    return both and head is not None and head.fund == concept.fund


def _compares_itself(words: str, after: str, year: int) -> bool:
    """2025年预算…,比2025年减少: the first year is a slip, since the amount is then compared with that year."""
    return str(year) in words and re.match(rf"^,?(?:比|较|与){year}年", after) is not None


def _find_reason_end(text: str, start: int) -> int:
    """Where the sentence ends or something new is stated: 一是…;二是… is one reason, ;公用经费9万元 begins another thing."""
    stop = re.search(r"。|,其中:", text[start:])
    end = start + stop.start() if stop else len(text)
    at = text.find(";", start, end)
    while at >= 0:
        following = text.find(";", at + 1, end)
        if not _goes_on(text[at + 1 : end if following < 0 else following]):
            return at
        at = following
    return end


def _goes_on(part: str) -> bool:
    """Whether a part behind a semicolon is still the reason: it says so, or it states nothing of its own."""
    if re.match(r"[一二三四五六七八九十]是", part):
        return True
    lexicon = load_lexicon()
    if not part or re.search(f"{lexicon.unchanged}|{lexicon.reason}", part):
        return False
    if compile_pattern(f"{lexicon.comparator}|{lexicon.purpose}").search(part):
        return False
    return not any(quantity.unit and not quantity.ignored for quantity in find_quantities(part))

"""The calls that repositories make for problems and test cases; see `account_calls` for the form."""

from __future__ import annotations

from api.dynamodb import keys
from api.dynamodb.item_size import item_size
from design.actor import Actor
from design.pages import CASE_PAGE, CASES_OF_A_PROBLEM, LIST_PAGE, first_read, merged, size
from design.samples import samples
from design.units import Call, Stored, batch_get, get, query, transact, write


def _places(a: Actor, problem_id: int) -> list[Stored]:
    """The lists that a completed problem stands in."""
    facets = [keys.ALL_PROBLEMS, keys.platform_facet(a.platform), keys.difficulty_facet(a.difficulty)]
    facets += [keys.tag_facet(tag) for tag in a.tags]
    places = []
    for facet in facets:
        pks = a.shape.partitions(facet)
        places.append(Stored(pks[problem_id % len(pks)], size("problem_entry")))
    return places + [Stored(keys.word_pk(word), size("word_entry")) for word in a.words]


def create_problem(a: Actor) -> list[Call]:
    """A completed problem with three tags and three words."""
    guard = Stored(keys.problem_number_pk(a.platform, a.number), size("number_guard"))
    main = Stored(keys.problem_pk(a.new_id), size("problem"))
    return [transact(main, guard, *_places(a, a.new_id))]


def get_problem(a: Actor) -> list[Call]:
    """One problem by id."""
    return [get(keys.problem_pk(a.problem_id), size("problem"))]


def get_problem_by_number(a: Actor) -> list[Call]:
    """One problem by platform and number."""
    return [get(keys.problem_number_pk(a.platform, a.number), size("number_guard")), *get_problem(a)]


def _list(a: Actor, facet: keys.Facet) -> list[Call]:
    return merged(a.shape.partitions(facet), "problem_entry", LIST_PAGE)


def list_all(a: Actor) -> list[Call]:
    """A page of all problems."""
    return _list(a, keys.ALL_PROBLEMS)


def list_platform(a: Actor) -> list[Call]:
    """A page of a platform's problems."""
    return _list(a, keys.platform_facet(a.platform))


def list_difficulty(a: Actor) -> list[Call]:
    """A page of a difficulty."""
    return _list(a, keys.difficulty_facet(a.difficulty))


def list_tag(a: Actor) -> list[Call]:
    """A page of a tag."""
    return _list(a, keys.tag_facet(a.tags[0]))


def list_drafts(a: Actor) -> list[Call]:
    """A page of drafts."""
    return _list(a, keys.DRAFT_PROBLEMS)


def search_words(a: Actor) -> list[Call]:
    """A page of problems by a word of the title, or its beginning."""
    return merged([keys.word_pk(a.words[0])], "word_entry", LIST_PAGE)


def random_problem(a: Actor) -> list[Call]:
    """One of a long list: its beginning, its end, and some from a random moment on."""
    pk, some = a.shape.partitions(keys.ALL_PROBLEMS)[0], 64 * size("problem_entry")
    return [query(pk, some), query(pk, size("problem_entry")), query(pk, some)]


def update_problem(a: Actor) -> list[Call]:
    """A change that no list shows."""
    read = get(keys.problem_pk(a.problem_id), size("problem"), consistent=True)
    return [read, write("UpdateItem", Stored(keys.problem_pk(a.problem_id), size("problem")))]


def retitle_problem(a: Actor) -> list[Call]:
    """A change that every list shows."""
    read = get(keys.problem_pk(a.problem_id), size("problem"), consistent=True)
    main = Stored(keys.problem_pk(a.problem_id), size("problem"))
    return [read, transact(main, *_places(a, a.problem_id))]


def get_test_cases(a: Actor) -> list[Call]:
    """A page of 20 cases."""
    # Two streams, three samples and the hidden cases; either could fill the page.
    pk, most = keys.problem_pk(a.problem_id), first_read(CASE_PAGE, 1)
    return [query(pk, number * size("test_case")) for number in (3, min(most, CASES_OF_A_PROBLEM - 3))]


def get_cases_without_large_texts(a: Actor) -> list[Call]:
    """A page of 20 cases; parts of texts are not read."""
    return get_test_cases(a)


def open_large_test_case(a: Actor) -> list[Call]:
    """The input of 1 MB of one case; its parts make one page."""
    parts = [part for part in samples().sets["large_test_case"].parts if "in#" in part["SK"]["S"]]
    pk = samples().items["text_part"]["PK"]["S"]
    return [*_find_case(a), query(pk, sum(map(item_size, parts)), consistent=True)]


def get_sample_cases(a: Actor) -> list[Call]:
    """The sample cases."""
    return [query(keys.problem_pk(a.problem_id), 3 * size("test_case"))]


def sample_beginnings(a: Actor) -> list[Call]:
    """How the large texts of three samples begin: of one text of 1 MB the first part."""
    built = samples().sets["large_test_case"]
    first = next(part for part in built.parts if "in#" in part["SK"]["S"])
    read = batch_get([Stored(samples().items["text_part"]["PK"]["S"], item_size(first))])
    return [query(keys.problem_pk(a.problem_id), 3 * size("test_case")), read]


def _find_case(a: Actor) -> list[Call]:
    pk, hidden = keys.problem_pk(a.problem_id), CASES_OF_A_PROBLEM - 3
    return [query(pk, n * size("test_case"), consistent=True) for n in (3, hidden)]


def get_test_case(a: Actor) -> list[Call]:
    """One case, found among those of its problem."""
    return _find_case(a)


def get_large_test_case(a: Actor) -> list[Call]:
    """One case of 1 MB, its text in parts."""
    built = samples().sets["large_test_case"]
    parts = samples().items["text_part"]["PK"]["S"]
    stored = [Stored(parts, item_size(part)) for part in built.parts]
    read = batch_get(stored, consistent=True)
    return [*_find_case(a), read]


def add_test_cases(a: Actor) -> list[Call]:
    """Ten new cases at the end."""
    pk = keys.problem_pk(a.problem_id)
    ends = [query(pk, size("test_case"), consistent=True) for _ in range(2)]
    added = write("BatchWriteItem", *[Stored(pk, size("test_case")) for _ in range(10)])
    return [get(pk, size("problem"), consistent=True), *ends, added]


def replace_test_cases(a: Actor) -> list[Call]:
    """All cases anew."""
    pk = keys.problem_pk(a.problem_id)
    cases = [Stored(pk, size("test_case")) for _ in range(CASES_OF_A_PROBLEM)]
    swap = [write("BatchWriteItem", *cases), write("BatchWriteItem", *cases)]
    return [get(pk, size("problem"), consistent=True), *_find_case(a), *swap]


def update_test_case(a: Actor) -> list[Call]:
    """A case that keeps its place."""
    changed = write("UpdateItem", Stored(keys.problem_pk(a.problem_id), size("test_case")))
    return [*_find_case(a), changed]


def delete_test_case(a: Actor) -> list[Call]:
    """A case without parts."""
    removed = write("DeleteItem", Stored(keys.problem_pk(a.problem_id), size("test_case")))
    return [*_find_case(a), removed]

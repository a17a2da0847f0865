import pytest
from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.api_versions.v4.response import ApiVersionsResponse
from kio.schema.errors import ErrorCode

from tests.reference.broker.standing import Standing


def answer(version: int = 4, name: str = "test", software: str = "1.0") -> ApiVersionsResponse:
    request = ApiVersionsRequest(client_software_name=name, client_software_version=software)
    return Standing().ask(ApiVersionsResponse, request, version)


def test_produce_is_offered_from_version_0_on() -> None:
    produce = answer().api_keys[0]

    assert (produce.api_key, produce.min_version, produce.max_version) == (0, 0, 12)


def test_what_only_the_controller_serves_is_not_offered() -> None:
    assert 56 not in [each.api_key for each in answer().api_keys]


@pytest.mark.parametrize("version", [-1, 9])
def test_an_unknown_version_is_told_which_there_are_of_this_api(version: int) -> None:
    response = answer(version)

    assert response.error_code is ErrorCode.unsupported_version
    assert [(each.api_key, each.min_version, each.max_version) for each in response.api_keys] == [(18, 0, 4)]


@pytest.mark.parametrize(
    ("version", "name", "error"),
    [
        (3, "", ErrorCode.invalid_request),
        (3, "a b", ErrorCode.invalid_request),
        (3, "-a", ErrorCode.invalid_request),
        (3, "a-1.b", ErrorCode.none),
        (2, "", ErrorCode.none),
    ],
)
def test_from_version_3_on_a_client_says_what_it_is(version: int, name: str, error: ErrorCode) -> None:
    assert answer(version, name).error_code is error


def test_the_features_say_that_transactions_have_epochs_of_their_own() -> None:
    levels = {each.name: each.max_version_level for each in answer().finalized_features}

    assert (levels["transaction.version"], levels["group.version"]) == (2, 1)


@pytest.mark.parametrize(("version", "is_told"), [(3, False), (4, True)])
def test_features_from_level_0_are_for_those_who_know_it(version: int, is_told: bool) -> None:
    names = [each.name for each in answer(version).supported_features]

    assert ("transaction.version" in names) is is_told

"""Answer the REST API: each route parses the request, calls one use case, and formats the result."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple

import viewfinder
from viewfinder.adapters.http import fields
from viewfinder.adapters.http.fields import Fields, Request, read_members, read_query
from viewfinder.adapters.http.responses import (
    Response,
    absent_response,
    document_response,
    empty_response,
    error_response,
    face_document,
    group_document,
    image_document,
    interpretation_document,
    label_document,
    no_route_response,
    page_document,
    person_document,
    redirect_response,
    summary_document,
    version_document,
)
from viewfinder.bootstrap import Application
from viewfinder.domain.abilities import Ability
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.person import PersonCount
from viewfinder.domain.query import Query
from viewfinder.domain.roles import Role, check_role, role_of
from viewfinder.domain.summary import Summary
from viewfinder.observability import correlated, logger
from viewfinder.usecases.correct_faces import correct_faces
from viewfinder.usecases.corrections import correct_labels
from viewfinder.usecases.duplicates import Duplicates, decide_duplicates, list_duplicates, list_near_duplicates
from viewfinder.usecases.folders import list_folders
from viewfinder.usecases.forget_person import forget_part
from viewfinder.usecases.images import delete_image, get_image, original_url, screen_url, thumbnail_url
from viewfinder.usecases.list_faces import list_faces
from viewfinder.usecases.list_labels import list_categories, list_labels
from viewfinder.usecases.people import change_person, cover_images, get_person, list_people, merge_people
from viewfinder.usecases.reanalyze import analyze_again
from viewfinder.usecases.search_images import search_images
from viewfinder.usecases.similar import SimilarImage, images_like, images_like_vector, images_like_words
from viewfinder.usecases.statistics import get_statistics
from viewfinder.usecases.trash import TrashedImage, delete_for_good, list_trash, restore_image
from viewfinder.usecases.uploads import create_upload
from viewfinder.usecases.versions import list_versions, restore_version

application = Application()
application.prepare("search", "catalog", "links")


def handler(event: dict[str, Any], context: object) -> Response:
    """Return the response in the form of API Gateway's proxy integration."""
    request = Request.from_event(event)
    with correlated(correlation_id=request.request_id):
        response = _answer(request)
        logger.info("request answered", extra={"route": request.resource, "status": response["statusCode"]})
    return response


def _answer(request: Request) -> Response:
    routes = {route.method: route for route in _ROUTES if route.path == request.resource}
    route = routes.get(request.method)
    if route is None:
        return no_route_response(bool(routes), request.request_id)
    try:
        if request.groups is not None:
            check_role(request.groups, route.role)
        query = read_query(route.query, request.query)
        if route.needs and (reason := application.settings.absent_abilities.get(route.needs)):
            return absent_response(reason, request.request_id)
        return route.answer(request, **query)
    except Exception as error:
        return error_response(error, request.request_id)


def _search_images(_: Request, **query: Any) -> Response:
    paging = {keyword: query.pop(keyword) for keyword in ("limit", "token") if keyword in query}
    if "like" in query:
        return _rank_images(query.pop("like"), Query(**query), **paging)
    page = search_images(Query(**query), application.search, **paging)
    document = page_document("Images", map(summary_document, page.images), page.next_token)
    return document_response(document | interpretation_document(page.interpretation))


def _rank_images(words: str, query: Query, *, limit: int = 50, token: str = "") -> Response:
    """Answer a search that has one page: the nearest images."""
    if reason := application.settings.absent_abilities.get(Ability.WORDS):
        raise InvalidRequestError(reason, parameter="like")
    if token:
        raise InvalidRequestError("can't be combined with like, whose answer is one page", parameter="nextToken")
    found, interpretation = images_like_words(words, query, application.similar, application.search, limit=limit)
    return document_response({"Images": _similar_documents(found)} | interpretation_document(interpretation))


def _create_upload(request: Request) -> Response:
    upload = create_upload(application.links, **read_members(fields.UPLOAD, request.members()))
    document = {
        "ImageId": upload.image_id,
        "Url": upload.form.url,
        "Fields": upload.form.fields,
        "ExpiresAt": upload.form.expires_at,
    }
    return document_response(document, HTTPStatus.CREATED)


def _get_image(request: Request) -> Response:
    return document_response(image_document(get_image(_image_id(request), application.catalog)))


def _correct_labels(request: Request) -> Response:
    corrections = read_members(fields.CORRECTIONS, request.members())
    return document_response(image_document(correct_labels(_image_id(request), application.correcting, **corrections)))


def _delete_image(request: Request) -> Response:
    image_id = _image_id(request)
    delete_image(image_id, application.catalog, application.image_objects)
    return document_response({"ImageId": image_id}, HTTPStatus.ACCEPTED)


def _list_trash(_: Request, **paging: Any) -> Response:
    images, next_token = list_trash(application.trash, **paging)
    return document_response(page_document("Images", map(_trashed, images), next_token))


def _trashed(image: TrashedImage) -> dict[str, Any]:
    times = {"DeletedAt": image.deleted_at, "ExpiresAt": image.expires_at}
    return {"ImageId": image.image_id, **times, "Bytes": image.size} | ({"Url": image.url} if image.url else {})


def _restore_image(request: Request) -> Response:
    image_id = _image_id(request)
    restore_image(image_id, application.trash)
    return document_response({"ImageId": image_id}, HTTPStatus.ACCEPTED)


def _delete_for_good(request: Request) -> Response:
    delete_for_good(_image_id(request), application.trash)
    return empty_response()


def _list_versions(request: Request) -> Response:
    versions = list_versions(_image_id(request), application.trash)
    return document_response({"Versions": [version_document(version, url) for version, url in versions]})


def _restore_version(request: Request) -> Response:
    image_id = _image_id(request)
    restore_version(image_id, **read_members(fields.VERSION, request.members()), trash=application.trash)
    return document_response({"ImageId": image_id}, HTTPStatus.ACCEPTED)


_URLS = {
    fields.Rendition.ORIGINAL: original_url,
    fields.Rendition.THUMBNAIL: thumbnail_url,
    fields.Rendition.SCREEN: screen_url,
}


def _get_content(
    request: Request, rendition: fields.Rendition = fields.Rendition.ORIGINAL, redirect: str = "true"
) -> Response:
    expires_at = application.links.expires_at()
    url = _URLS[rendition](_image_id(request), application.catalog, application.links)
    return redirect_response(url) if redirect == "true" else document_response({"Url": url, "ExpiresAt": expires_at})


def _analyze_image(request: Request) -> Response:
    image_id = read_members(fields.IMAGE, request.members())["image_id"]
    analyze_again(
        image_id,
        application.catalog,
        caller=request.caller,
        requests=application.requests,
        clock=application.clock,
        limits=application.analysis_limits,
    )
    return document_response({"ImageId": image_id}, HTTPStatus.ACCEPTED)


def _list_labels(_: Request, **query: Any) -> Response:
    page = list_labels(application.statistics, **query)
    return document_response(page_document("Labels", map(label_document, page.labels), page.next_token))


def _list_categories(_: Request) -> Response:
    found = list_categories(application.statistics)
    categories = [{"Name": entry.name, "Count": entry.count, "Labels": entry.labels} for entry in found]
    return document_response({"Categories": categories})


def _list_folders(_: Request, **query: Any) -> Response:
    found = list_folders(application.statistics, **query)
    return document_response({"Folders": [{"Prefix": prefix, "Count": count} for prefix, count in found.items()]})


def _list_people(_: Request, **paging: Any) -> Response:
    people, next_token = list_people(application.people, **paging)
    covers = cover_images(people, application.album)
    return document_response(page_document("People", map(person_document, people, covers), next_token))


def _person(entry: PersonCount) -> Response:
    return document_response(person_document(entry, *cover_images([entry], application.album)))


def _get_person(request: Request) -> Response:
    return _person(get_person(_person_id(request), application.people))


def _change_person(request: Request) -> Response:
    said = read_members(fields.PERSON, request.members())
    return _person(change_person(_person_id(request), application.album, **said))


def _merge_people(request: Request) -> Response:
    merged = read_members(fields.MERGED, request.members())
    return _person(merge_people(_person_id(request), application.album, **merged))


def _forget_person(request: Request, token: str = "") -> Response:
    person_id = _person_id(request)
    if not token:
        get_person(person_id, application.people)  # by its id only: several may have a name
    done, next_token = forget_part(person_id, application.correcting_faces, token)
    document = {"Faces": done.faces, "Images": done.images}
    return document_response(document | ({"NextToken": next_token} if next_token else {}))


def _list_faces(_: Request, **query: Any) -> Response:
    faces, next_token = list_faces(application.album, **query)
    return document_response(
        page_document("Faces", (face_document(each.image, each.face) for each in faces), next_token)
    )


def _correct_faces(request: Request) -> Response:
    said = read_members(fields.FACE_CORRECTIONS, request.members())
    person_id, faces = correct_faces(correcting=application.correcting_faces, **said)
    document = {"Faces": [face_document(each.image, each.face) for each in faces]}
    return document_response(document | ({"PersonId": person_id} if person_id else {}))


def _person_id(request: Request) -> str:
    return str(read_members(fields.PERSON_ID, {"PersonId": request.person_id})["person_id"])


def _list_duplicates(_: Request, near: str = "false", **paging: Any) -> Response:
    if near == "true":
        page = list_near_duplicates(application.alike, **paging)
        document = page_document("Groups", map(group_document, page.groups), page.next_token)
        return document_response(document | ({"Pending": page.pending} if page.pending else {}))
    groups, next_token = list_duplicates(application.copies, application.records, **paging)
    return document_response(page_document("Groups", map(_group, groups), next_token))


def _group(group: Duplicates) -> dict[str, Any]:
    images = [
        {"ImageId": image.image_id, "Bytes": image.size, "AnalyzedAt": image.analyzed_at} for image in group.images
    ]
    return {"Sha256": group.content, "Images": images}


def _decide_duplicates(request: Request) -> Response:
    decision = read_members(fields.DISTINCTION, request.members())
    decide_duplicates(distinctions=application.distinctions, **decision)
    return document_response({"Contents": decision["contents"], "AreDuplicates": decision["are_duplicates"]})


def _list_similar(request: Request, **query: Any) -> Response:
    return _similar_response(images_like(_image_id(request), application.similar, **query))


def _find_similar(request: Request) -> Response:
    asked = read_members(fields.VECTOR, request.members())
    return _similar_response(images_like_vector(similar=application.similar, **asked))


def _similar_response(found: list[SimilarImage]) -> Response:
    return document_response({"Images": _similar_documents(found)})


def _similar_documents(found: list[SimilarImage]) -> list[dict[str, Any]]:
    return [summary_document(Summary.of(each.image)) | {"Similarity": each.similarity} for each in found]


def _get_statistics(_: Request) -> Response:
    statistics = get_statistics(application.statistics)
    images = {**statistics.images, "Total": sum(statistics.images.values())}
    return document_response({"Images": images, "Labels": statistics.labels})


def _get_health(request: Request) -> Response:
    application.catalog.find("health")
    absent = {str(ability): reason for ability, reason in application.settings.absent_abilities.items()}
    return document_response(
        {"Status": "OK", "Version": viewfinder.__version__, "Features": application.settings.features.split(",")}
        | ({"Absent": absent} if absent else {})
        | ({"Role": str(role_of(request.groups))} if request.groups is not None else {})
    )


def _image_id(request: Request) -> str:
    return str(read_members(fields.IMAGE, {"ImageId": request.image_id})["image_id"])


class Route(NamedTuple):
    """An operation of the contract: method and path, the fields of its query, and what answers with their keywords."""

    method: str
    path: str
    query: Fields
    answer: Callable[..., Response]
    needs: Ability | None = None
    """What the stack has to be able to: elsewhere there is no such route."""
    role: Role = Role.VIEWER
    """The lowest role that may, of a person who signed in; a caller by IAM needs none."""


_ROUTES = (
    Route("GET", "/images", fields.SEARCH, _search_images),
    Route("POST", "/images", fields.NOTHING, _create_upload, Ability.UPLOADS, role=Role.EDITOR),
    Route("GET", "/images/{ImageId+}", fields.NOTHING, _get_image),
    Route("PATCH", "/images/{ImageId+}", fields.NOTHING, _correct_labels, role=Role.EDITOR),
    Route("DELETE", "/images/{ImageId+}", fields.NOTHING, _delete_image, Ability.DELETION, role=Role.EDITOR),
    Route("GET", "/content/{ImageId+}", fields.CONTENT, _get_content),
    Route("GET", "/trash", fields.TRASH, _list_trash, Ability.TRASH, role=Role.EDITOR),
    Route("POST", "/trash/{ImageId+}", fields.NOTHING, _restore_image, Ability.TRASH, role=Role.EDITOR),
    Route("DELETE", "/trash/{ImageId+}", fields.NOTHING, _delete_for_good, Ability.TRASH, role=Role.EDITOR),
    Route("GET", "/versions/{ImageId+}", fields.NOTHING, _list_versions, Ability.VERSIONS, role=Role.EDITOR),
    Route("POST", "/versions/{ImageId+}", fields.NOTHING, _restore_version, Ability.VERSIONS, role=Role.EDITOR),
    Route("POST", "/analyses", fields.NOTHING, _analyze_image, role=Role.EDITOR),
    Route("GET", "/labels", fields.LABELS, _list_labels),
    Route("GET", "/categories", fields.NOTHING, _list_categories),
    Route("GET", "/folders", fields.FOLDERS, _list_folders),
    Route("GET", "/people", fields.PEOPLE, _list_people),
    Route("GET", "/people/{PersonId}", fields.NOTHING, _get_person),
    Route("PATCH", "/people/{PersonId}", fields.NOTHING, _change_person, role=Role.EDITOR),
    Route("POST", "/people/{PersonId}", fields.NOTHING, _merge_people, role=Role.EDITOR),
    Route("DELETE", "/people/{PersonId}", fields.PARTS, _forget_person, role=Role.EDITOR),
    Route("GET", "/faces", fields.FACES, _list_faces),
    Route("PATCH", "/faces", fields.NOTHING, _correct_faces, role=Role.EDITOR),
    Route("GET", "/duplicates", fields.DUPLICATES, _list_duplicates),
    Route("PATCH", "/duplicates", fields.NOTHING, _decide_duplicates, role=Role.EDITOR),
    Route("GET", "/similar/{ImageId+}", fields.SIMILAR, _list_similar, Ability.SIMILAR),
    Route("POST", "/similar", fields.NOTHING, _find_similar, Ability.SIMILAR),
    Route("GET", "/stats", fields.NOTHING, _get_statistics),
    Route("GET", "/health", fields.NOTHING, _get_health),
)

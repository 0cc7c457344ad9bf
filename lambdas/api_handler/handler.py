"""Answers the REST API: each route parses, calls one use case, and formats what that gives."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import viewfinder
from viewfinder.adapters.http import fields
from viewfinder.adapters.http.fields import Request, read_members, read_query
from viewfinder.adapters.http.responses import (
    Response,
    document_response,
    empty_response,
    error_response,
    image_document,
    label_document,
    no_route_response,
    page_document,
    redirect_response,
    summary_document,
    version_document,
)
from viewfinder.bootstrap import Application
from viewfinder.domain.query import Query
from viewfinder.observability import correlated, logger
from viewfinder.usecases.corrections import correct_labels
from viewfinder.usecases.duplicates import Duplicates, list_duplicates
from viewfinder.usecases.folders import list_folders
from viewfinder.usecases.images import delete_image, get_image, original_url, screen_url, thumbnail_url
from viewfinder.usecases.list_labels import list_categories, list_labels
from viewfinder.usecases.reanalyze import analyze_again
from viewfinder.usecases.search_images import search_images
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
    route = _ROUTES.get((request.method, request.resource))
    if route is None:
        return no_route_response(any(request.resource == path for _, path in _ROUTES), request.request_id)
    try:
        return route(request)
    except Exception as error:
        return error_response(error, request.request_id)


def _search_images(request: Request) -> Response:
    given = read_query(fields.SEARCH, request.query)
    paging = {keyword: given.pop(keyword) for keyword in ("limit", "token") if keyword in given}
    page = search_images(Query(**given), application.search, **paging)
    return document_response(page_document("Images", map(summary_document, page.images), page.next_token))


def _create_upload(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    upload = create_upload(application.links, **read_members(fields.UPLOAD, request.members()))
    document = {
        "ImageId": upload.image_id,
        "Url": upload.form.url,
        "Fields": upload.form.fields,
        "ExpiresAt": upload.form.expires_at,
    }
    return document_response(document, HTTPStatus.CREATED)


def _get_image(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    return document_response(image_document(get_image(_image_id(request), application.catalog)))


def _correct_labels(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    corrections = read_members(fields.CORRECTIONS, request.members())
    return document_response(image_document(correct_labels(_image_id(request), application.catalog, **corrections)))


def _delete_image(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    image_id = _image_id(request)
    delete_image(image_id, application.catalog, application.image_objects)
    return document_response({"ImageId": image_id}, HTTPStatus.ACCEPTED)


def _list_trash(request: Request) -> Response:
    images, next_token = list_trash(application.trash, **read_query(fields.TRASH, request.query))
    return document_response(page_document("Images", map(_trashed, images), next_token))


def _trashed(image: TrashedImage) -> dict[str, Any]:
    times = {"DeletedAt": image.deleted_at, "ExpiresAt": image.expires_at}
    return {"ImageId": image.image_id, **times, "Bytes": image.size} | ({"Url": image.url} if image.url else {})


def _restore_image(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    image_id = _image_id(request)
    restore_image(image_id, application.trash)
    return document_response({"ImageId": image_id}, HTTPStatus.ACCEPTED)


def _delete_for_good(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    delete_for_good(_image_id(request), application.trash)
    return empty_response()


def _list_versions(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    versions = list_versions(_image_id(request), application.trash)
    return document_response({"Versions": [version_document(version, url) for version, url in versions]})


def _restore_version(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    image_id = _image_id(request)
    restore_version(image_id, **read_members(fields.VERSION, request.members()), trash=application.trash)
    return document_response({"ImageId": image_id}, HTTPStatus.ACCEPTED)


_URLS = {
    fields.Rendition.ORIGINAL: original_url,
    fields.Rendition.THUMBNAIL: thumbnail_url,
    fields.Rendition.SCREEN: screen_url,
}


def _get_content(request: Request) -> Response:
    rendition = read_query(fields.CONTENT, request.query).get("rendition", fields.Rendition.ORIGINAL)
    return redirect_response(_URLS[rendition](_image_id(request), application.catalog, application.links))


def _analyze_image(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
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


def _list_labels(request: Request) -> Response:
    page = list_labels(application.statistics, **read_query(fields.LABELS, request.query))
    return document_response(page_document("Labels", map(label_document, page.labels), page.next_token))


def _list_categories(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    found = list_categories(application.statistics)
    categories = [{"Name": entry.name, "Count": entry.count, "Labels": entry.labels} for entry in found]
    return document_response({"Categories": categories})


def _list_folders(request: Request) -> Response:
    found = list_folders(application.statistics, **read_query(fields.FOLDERS, request.query))
    return document_response({"Folders": [{"Prefix": prefix, "Count": count} for prefix, count in found.items()]})


def _list_duplicates(request: Request) -> Response:
    paging = read_query(fields.DUPLICATES, request.query)
    groups, next_token = list_duplicates(application.copies, application.records, **paging)
    return document_response(page_document("Groups", map(_group, groups), next_token))


def _group(group: Duplicates) -> dict[str, Any]:
    images = [
        {"ImageId": image.image_id, "Bytes": image.size, "AnalyzedAt": image.analyzed_at} for image in group.images
    ]
    return {"Sha256": group.content, "Images": images}


def _get_statistics(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    statistics = get_statistics(application.statistics)
    images = {**statistics.images, "Total": sum(statistics.images.values())}
    return document_response({"Images": images, "Labels": statistics.labels})


def _get_health(request: Request) -> Response:
    read_query(fields.NOTHING, request.query)
    application.catalog.find("health")
    return document_response({"Status": "OK", "Version": viewfinder.__version__})


def _image_id(request: Request) -> str:
    return str(read_members(fields.IMAGE, {"ImageId": request.image_id})["image_id"])


_ROUTES: dict[tuple[str, str], Callable[[Request], Response]] = {
    ("GET", "/images"): _search_images,
    ("POST", "/images"): _create_upload,
    ("GET", "/images/{ImageId+}"): _get_image,
    ("PATCH", "/images/{ImageId+}"): _correct_labels,
    ("DELETE", "/images/{ImageId+}"): _delete_image,
    ("GET", "/content/{ImageId+}"): _get_content,
    ("GET", "/trash"): _list_trash,
    ("POST", "/trash/{ImageId+}"): _restore_image,
    ("DELETE", "/trash/{ImageId+}"): _delete_for_good,
    ("GET", "/versions/{ImageId+}"): _list_versions,
    ("POST", "/versions/{ImageId+}"): _restore_version,
    ("POST", "/analyses"): _analyze_image,
    ("GET", "/labels"): _list_labels,
    ("GET", "/categories"): _list_categories,
    ("GET", "/folders"): _list_folders,
    ("GET", "/duplicates"): _list_duplicates,
    ("GET", "/stats"): _get_statistics,
    ("GET", "/health"): _get_health,
}

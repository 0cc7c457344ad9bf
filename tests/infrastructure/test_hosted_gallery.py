"""The hosted gallery: nothing of it unless it is asked for, and then no door beside the login."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cfnlint.api import lint
from samtranslator.yaml_helper import yaml_parse

from tests.infrastructure.translation import PROJECT, of_type, prerequisites, translate
from tests.support.contract import operations
from viewfinder.domain.roles import GROUPS
from viewfinder.gallery.guard import HEADERS, POLICY

OFF, ON = translate(), translate(HostedGallery="On")
DOMAIN = {
    "GalleryDomain": "photos.example.com",
    "GalleryCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a",
}
ORIGIN = {"Fn::Sub": "https://${GalleryDistribution.DomainName}"}
IMAGES = "https://s3.eu-west-1.amazonaws.com/photos-images-123456789012-eu-west-1"
DERIVED = "https://s3.eu-west-1.amazonaws.com/photos-derived-123456789012-eu-west-1"
LOGIN = "https://photos-123456789012.auth.eu-west-1.amazoncognito.com"


def _one(resource_type: str, template: dict[str, Any] = ON) -> dict[str, Any]:
    (properties,) = of_type(template, resource_type).values()
    return properties


def test_off_adds_no_resource_and_changes_none() -> None:
    added = ON["Resources"].keys() - OFF["Resources"].keys()
    assert {name for name in added if not name.startswith("Gallery")} == set()
    assert [name for name in OFF["Resources"] if name.startswith("Gallery")] == []
    changed = {name for name in OFF["Resources"] if OFF["Resources"][name] != ON["Resources"][name]}
    assert changed == {"ImagesBucket", "DerivedBucket"}
    assert translate(HostedGallery="Off", **DOMAIN)["Resources"] == OFF["Resources"]
    for name in ("ImagesBucket", "DerivedBucket"):
        assert "CorsConfiguration" not in OFF["Resources"][name]["Properties"]
    prerequisites(ON)  # no circle


def test_on_adds_no_function_and_no_role() -> None:
    added = [ON["Resources"][name]["Type"] for name in ON["Resources"].keys() - OFF["Resources"].keys()]
    assert added.count("AWS::ApiGatewayV2::Route") == len(operations())
    assert {kind: added.count(kind) for kind in added if kind != "AWS::ApiGatewayV2::Route"} == {
        "AWS::ApiGatewayV2::Api": 1,
        "AWS::ApiGatewayV2::Authorizer": 1,
        "AWS::ApiGatewayV2::Integration": 1,
        "AWS::ApiGatewayV2::Stage": 1,
        "AWS::CloudFront::Distribution": 1,
        "AWS::CloudFront::OriginAccessControl": 1,
        "AWS::CloudFront::ResponseHeadersPolicy": 1,
        "AWS::Cognito::ManagedLoginBranding": 1,
        "AWS::Cognito::UserPool": 1,
        "AWS::Cognito::UserPoolClient": 1,
        "AWS::Cognito::UserPoolDomain": 1,
        "AWS::Cognito::UserPoolGroup": 2,
        "AWS::Lambda::Permission": 1,
        "AWS::Logs::LogGroup": 1,
        "AWS::S3::Bucket": 1,
        "AWS::S3::BucketPolicy": 1,
    }


def test_its_outputs_are_there_with_it_only() -> None:
    outputs = {name: output.get("Condition") for name, output in ON["Outputs"].items() if name.startswith("Gallery")}
    assert outputs == dict.fromkeys(
        [
            "GalleryDistributionDomain",
            *("GalleryUrl", "GalleryBucketName", "GalleryDistributionId", "GalleryUserPoolId", "GalleryClientId"),
            *("GalleryLoginUrl", "GalleryApiId"),
        ],
        "HostsGallery",
    )


def test_the_routes_are_the_operations_of_the_contract_and_ask_the_authorizer() -> None:
    routes = of_type(ON, "AWS::ApiGatewayV2::Route").values()
    assert {tuple(route["RouteKey"].split(" ")) for route in routes} == operations()
    assert len(routes) == len(operations())
    kinds = [(route["AuthorizationType"], route["AuthorizerId"]) for route in routes]
    assert kinds == [("JWT", {"Ref": "GalleryAuthorizer"})] * len(kinds)
    assert {route["Target"]["Fn::Sub"] for route in routes} == {"integrations/${GalleryApiIntegration}"}


def test_a_route_without_the_authorizer_breaks_a_house_rule() -> None:
    from cfnlint.rules import RulesCollection

    rules = RulesCollection()
    rules.create_from_directory(str(PROJECT / "infrastructure" / "rules"))
    template = json.loads(json.dumps(ON, default=str))
    template["Resources"]["GalleryGetImages"]["Properties"] |= {"AuthorizationType": "NONE"}
    assert [match.rule.id for match in lint(json.dumps(template), rules, ["eu-west-1"])] == ["E9007"]


def test_the_authorizer_takes_tokens_of_this_pool_and_client_only() -> None:
    """It answers 401 to none, a forged, an expired or another pool's (API Gateway Developer Guide, JWT authorizers)."""
    authorizer = _one("AWS::ApiGatewayV2::Authorizer")
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert authorizer["JwtConfiguration"] == {
        "Issuer": {"Fn::Sub": "https://cognito-idp.eu-west-1.amazonaws.com/${GalleryUsers}"},
        "Audience": [{"Ref": "GalleryClient"}],
    }


def test_the_handler_gets_the_events_that_it_knows_from_this_api_only() -> None:
    integration = _one("AWS::ApiGatewayV2::Integration")
    assert (integration["PayloadFormatVersion"], integration["IntegrationUri"]) == ("1.0", {"Ref": "ApiHandlerAlias"})
    permission = of_type(ON, "AWS::Lambda::Permission")["GalleryApiPermission"]
    assert permission["SourceArn"] == {"Fn::Sub": "arn:aws:execute-api:eu-west-1:123456789012:${GalleryApi}/*"}
    assert permission["FunctionName"] == {"Ref": "ApiHandlerAlias"}


def test_calls_are_throttled_and_logged_as_those_of_the_rest_api() -> None:
    stage = _one("AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": "50", "ThrottlingBurstLimit": "100"}
    assert stage["AccessLogSettings"]["DestinationArn"] == {"Fn::GetAtt": ["GalleryApiLogs", "Arn"]}
    assert json.loads(stage["AccessLogSettings"]["Format"])["caller"] == "$context.authorizer.claims.sub"
    without = translate(HostedGallery="On", ApiAccessLogs="Disabled")
    assert "AccessLogSettings" not in _one("AWS::ApiGatewayV2::Stage", without)
    assert "GalleryApiLogs" not in without["Resources"]


@pytest.mark.parametrize(
    ("parameters", "origin"),
    [
        ({}, ORIGIN),
        (DOMAIN, "https://photos.example.com"),
        ({"GalleryOrigin": "http://localhost:8081"}, "http://localhost:8081"),
    ],
)
def test_only_the_page_s_origin_may_read_the_buckets_and_receive_codes(parameters: dict[str, str], origin: Any) -> None:
    template = translate(HostedGallery="On", **parameters)
    buckets = of_type(template, "AWS::S3::Bucket")
    rule = {"AllowedOrigins": [origin], "AllowedMethods": ["GET", "POST"], "AllowedHeaders": ["content-type"]}
    cors = {name: bucket.get("CorsConfiguration") for name, bucket in buckets.items()}
    expected = {"CorsRules": [rule | {"ExposedHeaders": ["ETag"], "MaxAge": 3600}]}
    assert cors == {"ImagesBucket": expected, "DerivedBucket": expected, "GalleryBucket": None}
    client = _one("AWS::Cognito::UserPoolClient", template)
    home = {"Fn::Sub": ["${Origin}/", {"Origin": origin}]} if isinstance(origin, dict) else f"{origin}/"
    assert client["CallbackURLs"] == client["LogoutURLs"] == [home]
    assert "CorsConfiguration" not in _one("AWS::ApiGatewayV2::Api", template), "the page and its API have one origin"


def test_the_client_has_no_secret_and_codes_need_their_verifier() -> None:
    client = _one("AWS::Cognito::UserPoolClient")
    assert client["GenerateSecret"] is False
    assert (client["AllowedOAuthFlows"], client["AllowedOAuthScopes"]) == (["code"], ["openid", "email"])
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert (client["EnableTokenRevocation"], client["RefreshTokenRotation"]["Feature"]) == (True, "ENABLED")
    assert client["TokenValidityUnits"] == {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"}
    assert (client["AccessTokenValidity"], client["IdTokenValidity"], client["RefreshTokenValidity"]) == (15, 15, 12)


def test_nobody_signs_up_by_themselves() -> None:
    pool = _one("AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])
    message = json.dumps(pool["AdminCreateUserConfig"]["InviteMessageTemplate"])
    assert "{username}" in message  # Cognito fills both in, and refuses a message without them
    assert "{####}" in message
    groups = [group["GroupName"] for group in of_type(ON, "AWS::Cognito::UserPoolGroup").values()]
    assert sorted(groups) == sorted(GROUPS.values())


def test_an_emulator_has_the_classic_login() -> None:
    local = translate(HostedGallery="On", GalleryOrigin="http://localhost:8081")
    versions = [_one("AWS::Cognito::UserPoolDomain", template)["ManagedLoginVersion"] for template in (ON, local)]
    assert versions == [2, 1]
    assert "GalleryLogin" not in local["Resources"]


def test_the_page_s_bucket_is_read_by_its_distribution_only() -> None:
    policy = of_type(ON, "AWS::S3::BucketPolicy")["GalleryBucketPolicy"]["PolicyDocument"]["Statement"]
    allow, deny = policy
    assert (allow["Principal"], allow["Action"]) == ({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject")
    assert allow["Condition"]["ArnEquals"]["aws:SourceArn"] == {
        "Fn::Sub": "arn:aws:cloudfront::123456789012:distribution/${GalleryDistribution}"
    }
    assert deny["Sid"] == "TlsOnly"
    page = _one("AWS::CloudFront::Distribution")["DistributionConfig"]["Origins"][0]
    assert page["OriginAccessControlId"] == {"Fn::GetAtt": ["GalleryOriginAccess", "Id"]}


def test_cloudfront_caches_the_page_and_no_answer_of_the_api() -> None:
    """By managed policies (CloudFront Developer Guide, "Use managed cache policies", "... origin request policies")."""
    distribution = _one("AWS::CloudFront::Distribution")["DistributionConfig"]
    (calls,) = distribution["CacheBehaviors"]
    assert (calls["PathPattern"], calls["ViewerProtocolPolicy"]) == ("/prod/*", "https-only")
    assert calls["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "CachingDisabled"
    assert calls["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac", "AllViewerExceptHostHeader"
    page = distribution["DefaultCacheBehavior"]
    assert (page["ViewerProtocolPolicy"], page["AllowedMethods"]) == ("redirect-to-https", ["GET", "HEAD"])
    assert "OriginRequestPolicyId" not in page, "the bucket gets no cookie, no token and no query"
    assert "CustomErrorResponses" not in distribution, "they would replace the API's own errors"


def test_a_domain_brings_its_certificate() -> None:
    plain, own = (
        _one("AWS::CloudFront::Distribution", t)["DistributionConfig"]
        for t in (ON, translate(HostedGallery="On", **DOMAIN))
    )
    assert {"Aliases", "ViewerCertificate"} & plain.keys() == set()
    assert own["Aliases"] == ["photos.example.com"]
    assert own["ViewerCertificate"] == {
        "AcmCertificateArn": DOMAIN["GalleryCertificateArn"],
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }


def test_the_certificate_is_of_the_region_that_cloudfront_asks() -> None:
    template = yaml_parse((PROJECT / "infrastructure/template.yaml").read_text())
    pattern = template["Parameters"]["GalleryCertificateArn"]["AllowedPattern"]
    assert re.match(pattern, DOMAIN["GalleryCertificateArn"])
    assert not re.match(pattern, DOMAIN["GalleryCertificateArn"].replace("us-east-1", "eu-west-1"))


WIDENED = {
    "img-src": f"'self' blob: {IMAGES}/ {DERIVED}/",
    "connect-src": f"'self' {IMAGES} {IMAGES}/ {DERIVED}/ {LOGIN}",
    "trusted-types": "worker",
}
"""Beyond the local gallery: pictures and uploads at the buckets, tokens from the login, a policy of the worker."""


def test_the_page_may_reach_its_buckets_and_its_login_and_nothing_else() -> None:
    config = _one("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    policy = config["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    given = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert given == POLICY | WIDENED


def test_the_other_headers_are_those_of_the_local_gallery() -> None:
    config = _one("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    headers = {item["Header"].lower(): item["Value"] for item in config["CustomHeadersConfig"]["Items"]}
    headers |= {"x-frame-options": security["FrameOptions"]["FrameOption"], "x-content-type-options": "nosniff"}
    headers |= {"referrer-policy": security["ReferrerPolicy"]["ReferrerPolicy"]}
    assert headers == {name: value for name, value in HEADERS.items() if name != "content-security-policy"}
    assert [part["Override"] for part in security.values()] == [True] * 5


def test_an_attached_bucket_is_reached_by_its_name_and_gets_no_configuration() -> None:
    template = translate(HostedGallery="On", ExistingBucketName="my-photos")
    config = _one("AWS::CloudFront::ResponseHeadersPolicy", template)["ResponseHeadersPolicyConfig"]
    policy = config["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert "https://s3.eu-west-1.amazonaws.com/my-photos/ " in policy
    assert IMAGES not in policy
    assert "ImagesBucket" not in template["Resources"]

"""Objects by HTTP: what boto3's S3 client does to bring data in and results home, and what is refused."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tests.local.http.conftest import Site

MIB = 1 << 20


@pytest.fixture(scope="module")
def s3(site: Site) -> Any:
    """boto3's client."""
    return site.s3()


@pytest.mark.parametrize("key", ["plain.csv", "a/b/c", "with blank+plus", "%2F", "ü/é?&=#"])
def test_an_object_comes_back_as_it_went(site: Site, s3: Any, key: str) -> None:
    """Under any name a file can have, as a file of the home."""
    put = s3.put_object(Bucket="staging", Key=key, Body=b"1,2\n")
    got = s3.get_object(Bucket="staging", Key=key)

    assert b"1,2\n" == site.file("staging", key).read_bytes()
    assert (b"1,2\n", put["ETag"], 4) == (got["Body"].read(), got["ETag"], got["ContentLength"])
    assert put["ETag"] == s3.head_object(Bucket="staging", Key=key)["ETag"]
    assert b",2" == s3.get_object(Bucket="staging", Key=key, Range="bytes=1-2")["Body"].read()


def test_a_large_file_comes_in_parts(s3: Any, tmp_path: Path) -> None:
    """boto3 sends and fetches it with several threads; every byte is in its place."""
    content = bytes(range(256)) * (20 * MIB // 256)
    s3.upload_fileobj(io.BytesIO(content), "staging", "large", Config=TransferConfig(multipart_chunksize=5 * MIB))
    s3.download_file("staging", "large", str(tmp_path / "large"))

    assert content == (tmp_path / "large").read_bytes()


def test_an_upload_that_is_given_up_leaves_nothing(site: Site, s3: Any) -> None:
    """Its parts go, and it cannot be gone on with."""
    upload = {"Bucket": "staging", "Key": "gone"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    s3.upload_part(**upload, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(**upload)

    with pytest.raises(ClientError, match="NoSuchUpload"):
        s3.upload_part(**upload, PartNumber=2, Body=b"y")
    with pytest.raises(ClientError, match="NoSuchUpload"):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]})
    assert not site.file("staging", "gone").exists()


@pytest.mark.parametrize("number", ["0", "10001", "x", "", "-1", "9" * 5000])
def test_parts_have_numbers(site: Site, s3: Any, number: str) -> None:
    """From 1 to 10,000."""
    upload = s3.create_multipart_upload(Bucket="staging", Key="numbered")["UploadId"]

    answer = site.ask("PUT", f"/s3/staging/numbered?uploadId={upload}&partNumber={number}", "x")

    assert (400, True) == (answer.status, b"InvalidArgument" in answer.body)
    s3.abort_multipart_upload(Bucket="staging", Key="numbered", UploadId=upload)


def test_an_upload_goes_where_it_was_begun_for(s3: Any) -> None:
    """Its name opens no other key."""
    upload = s3.create_multipart_upload(Bucket="staging", Key="one")["UploadId"]

    with pytest.raises(ClientError, match="NoSuchUpload"):
        s3.upload_part(Bucket="staging", Key="other", UploadId=upload, PartNumber=1, Body=b"x")


def test_a_bucket_removed_meanwhile_is_told(site: Site, s3: Any) -> None:
    """The parts are kept for another try."""
    s3.create_bucket(Bucket="brief")
    upload = {
        "Bucket": "brief",
        "Key": "k",
        "UploadId": s3.create_multipart_upload(Bucket="brief", Key="k")["UploadId"],
    }
    s3.upload_part(**upload, PartNumber=1, Body=b"x")
    site.file("brief", "").rmdir()

    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]})

    s3.create_bucket(Bucket="brief")
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]})
    assert b"x" == site.file("brief", "k").read_bytes()


def test_listings_have_pages_and_folders(s3: Any) -> None:
    """Every key once, in order; with a delimiter, what lies deeper is told as one prefix."""
    keys = ["a & b", "dir/<x>", "dir/y", "z"]
    s3.create_bucket(Bucket="listed")
    for key in keys:
        s3.put_object(Bucket="listed", Key=key, Body=b"")

    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="listed", PaginationConfig={"PageSize": 3})
    flat = s3.list_objects_v2(Bucket="listed", Delimiter="/")

    assert keys == [one["Key"] for page in pages for one in page["Contents"]]
    assert (["dir/"], ["a & b", "z"]) == (
        [one["Prefix"] for one in flat["CommonPrefixes"]],
        [one["Key"] for one in flat["Contents"]],
    )
    assert ["dir/<x>", "dir/y"] == [
        one["Key"] for one in s3.list_objects_v2(Bucket="listed", Prefix="dir/")["Contents"]
    ]
    assert ["z"] == [one["Key"] for one in s3.list_objects_v2(Bucket="listed", StartAfter="e")["Contents"]]
    assert 0 == s3.list_objects_v2(Bucket="listed", MaxKeys=0)["KeyCount"]


@pytest.mark.parametrize("delimiter", ["", "/"])
def test_the_first_version_of_listings_has_pages_too(s3: Any, delimiter: str) -> None:
    """As `Bucket.objects.all()` of boto3 asks for them."""
    keys = ["a & b", "c/d", "e f/g", "h", "i\u00fc"]
    s3.create_bucket(Bucket="paged")
    for key in keys:
        s3.put_object(Bucket="paged", Key=key, Body=b"")

    pages = s3.get_paginator("list_objects").paginate(
        Bucket="paged", Delimiter=delimiter, PaginationConfig={"PageSize": 2}
    )
    found = [
        [*(one["Key"] for one in page.get("Contents", [])), *(one["Prefix"] for one in page.get("CommonPrefixes", []))]
        for page in pages
    ]

    assert [2, 2, 1] == [len(page) for page in found]
    there = [f"{key.partition('/')[0]}/" if "/" in key and delimiter else key for key in keys]
    assert there == [key for page in found for key in sorted(page)]


def test_a_listing_goes_on_behind_any_key(site: Site, s3: Any) -> None:
    """What says where to go on survives XML, whatever a name holds."""
    s3.create_bucket(Bucket="odd")
    for key in ("\x01", "\x02 +%41", "z"):
        site.file("odd", key).write_bytes(b"")

    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="odd", PaginationConfig={"PageSize": 1})

    assert ["\x01", "\x02 +%41", "z"] == [one["Key"] for page in pages for one in page["Contents"]]
    assert "\ufffd" in site.ask("GET", "/s3/odd").body.decode()
    assert (404, True) == ((answer := site.ask("GET", "/s3/odd/%01x")).status, "\ufffd" in answer.body.decode())


def test_a_listing_can_be_had_as_it_is(site: Site, s3: Any) -> None:
    """Whoever does not ask for keys to be spelled as in URLs gets them as XML has them."""
    s3.create_bucket(Bucket="raw")
    s3.put_object(Bucket="raw", Key="a & b", Body=b"")

    answer = site.ask("GET", "/s3/raw?list-type=2&max-keys=many")

    assert (200, True) == (answer.status, b"<Key>a &amp; b</Key>" in answer.body)


def test_buckets_are_folders(site: Site, s3: Any) -> None:
    """One is made, found and listed."""
    s3.create_bucket(Bucket="shop")
    s3.create_bucket(Bucket="shop")

    assert site.file("shop", "").is_dir()
    assert {"shop", "staging"} <= {one["Name"] for one in s3.list_buckets()["Buckets"]}
    assert 200 == s3.head_bucket(Bucket="shop")["ResponseMetadata"]["HTTPStatusCode"]


def test_what_is_not_there_is_not_there(s3: Any) -> None:
    """Neither bucket nor object; and no bucket is made by putting something into it."""
    calls: list[tuple[Callable[[], Any], str]] = [
        (lambda: s3.put_object(Bucket="nowhere", Key="k", Body=b""), "NoSuchBucket"),
        (lambda: s3.list_objects_v2(Bucket="nowhere"), "NoSuchBucket"),
        (lambda: s3.get_object(Bucket="staging", Key="none"), "NoSuchKey"),
        (lambda: s3.head_object(Bucket="staging", Key="none"), "404"),
        (lambda: s3.head_bucket(Bucket="nowhere"), "404"),
    ]
    for call, code in calls:
        with pytest.raises(ClientError, match=code):
            call()


@pytest.mark.parametrize(
    "path",
    ["staging/../state.sqlite", "staging/%2e%2e/%2e%2e/x", "..%2f..%2fx", "../state.sqlite", "staging/a//b", "-x/k"],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_no_path_leads_out_of_the_buckets(site: Site, method: str, path: str) -> None:
    """However it is spelled; nothing is written anywhere."""
    before = sorted(site.engine.home.root.rglob("*"))

    answer = site.ask(method, f"/s3/{path}{'?uploads' if method == 'POST' else ''}", "x")

    assert answer.status in {400, 404}
    assert b"SQLite" not in answer.body
    assert before == sorted(site.engine.home.root.rglob("*"))


def test_what_is_not_done_is_said(site: Site, s3: Any) -> None:
    """Nothing is copied, deleted, or taken in a form that would have to be decoded."""
    with pytest.raises(ClientError, match=r"NotImplemented.*not copied"):
        s3.copy_object(Bucket="staging", Key="k", CopySource="staging/other")
    with pytest.raises(ClientError, match=r"NotImplemented.*remove the file"):
        s3.delete_object(Bucket="staging", Key="plain.csv")
    chunked = site.ask("PUT", "/s3/staging/k", "x", X_Amz_Content_Sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    assert (501, True) == (chunked.status, b"not in signed chunks" in chunked.body)


def test_tags_and_rights_are_not_taken_for_bytes(site: Site, s3: Any) -> None:
    """Of what S3 knows of an object or a bucket beside its bytes nothing is here, and nothing is overwritten by it."""
    named = {"Bucket": "staging", "Key": "precious.csv"}
    s3.put_object(**named, Body=b"1,2\n")
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    calls: list[Callable[[], Any]] = [
        lambda: s3.put_object_tagging(**named, Tagging=tags),
        lambda: s3.get_object_tagging(**named),
        lambda: s3.put_object_acl(**named, ACL="private"),
        lambda: s3.get_object_acl(**named),
        lambda: s3.put_bucket_policy(Bucket="staging", Policy="{}"),
        lambda: s3.get_bucket_versioning(Bucket="staging"),
        lambda: s3.list_multipart_uploads(Bucket="staging"),
    ]
    for call in calls:
        with pytest.raises(ClientError, match=r"NotImplemented.*bytes of objects"):
            call()

    assert b"1,2\n" == site.file("staging", "precious.csv").read_bytes()
    assert not s3.get_bucket_location(Bucket="staging")["LocationConstraint"]


def test_nothing_is_deleted_whoever_asks(s3: Any) -> None:
    """Neither many objects at once nor a bucket; the answer says where to do it."""
    calls: list[Callable[[], Any]] = [
        lambda: s3.delete_objects(Bucket="staging", Delete={"Objects": [{"Key": "k"}]}),
        lambda: s3.delete_bucket(Bucket="staging"),
    ]
    for call in calls:
        with pytest.raises(ClientError, match=r"NotImplemented.*remove the file"):
            call()


def test_an_object_is_kept_where_a_new_one_was_asked_for(site: Site) -> None:
    """As S3 does when told to write only what is not there."""
    assert 200 == site.ask("PUT", "/s3/staging/first", "1", If_None_Match="*").status

    refused = site.ask("PUT", "/s3/staging/first", "2", If_None_Match="*")

    assert (412, True) == (refused.status, b"PreconditionFailed" in refused.body)
    assert b"1" == site.file("staging", "first").read_bytes()


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("Content-MD5", "Ps+tdV+oJfehfFUm7ETmUQ=="),
        ("X-Amz-Checksum-Crc32", "VSFCMw=="),
        ("X-Amz-Checksum-Sha1", "E6ufQpGUPSQUn/CmuABQzoIs9ic="),
        ("X-Amz-Checksum-Sha256", "UhhskzmT2kCCs83HxAu0v3NbOR/1Si73jAN92mw4poA="),
        ("X-Amz-Content-Sha256", "52186c933993da4082b3cdc7c40bb4bf735b391ff54a2ef78c037dda6c38a680"),
    ],
)
def test_bytes_that_were_damaged_on_their_way_are_not_kept(site: Site, s3: Any, name: str, right: str) -> None:
    """Whatever checksum their sender names; without any, or with one that nobody here can compute, they are taken."""
    s3.put_object(Bucket="staging", Key="summed", Body=b"old\n")

    assert 200 == site.ask("PUT", "/s3/staging/summed", "1,2\n", **{name: right}).status
    for body, found in (("1,3\n", right), ("1,2\n", "x" * 64)):
        answer = site.ask("PUT", "/s3/staging/summed", body, **{name: found})
        assert (400, True) == (answer.status, b"<Code>BadDigest</Code><Message>The" in answer.body)

    assert b"1,2\n" == site.file("staging", "summed").read_bytes()
    assert 200 == site.ask("PUT", "/s3/staging/summed", "1", X_Amz_Checksum_Crc64nvme="x").status
    assert 200 == site.ask("PUT", "/s3/staging/summed", "1", X_Amz_Content_Sha256="UNSIGNED-PAYLOAD").status


def test_a_damaged_part_is_not_kept(site: Site, s3: Any) -> None:
    """The upload goes on without it."""
    upload = {"Bucket": "staging", "Key": "in-parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    path = f"/s3/staging/in-parts?uploadId={upload['UploadId']}&partNumber="

    assert 200 == site.ask("PUT", f"{path}1", "ab").status
    assert 400 == site.ask("PUT", f"{path}2", "cd", X_Amz_Checksum_Crc32="AAAAAA==").status

    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]})
    assert b"ab" == site.file("staging", "in-parts").read_bytes()


@pytest.mark.parametrize("request_line", ["POST /", "POST /s3/staging/k?uploadId=x", "PUT /s3/staging/broken"])
def test_who_hangs_up_in_the_middle_leaves_nothing(
    site: Site, request_line: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a file nor a traceback; whoever comes next is answered."""
    folder = site.file("staging", "")
    is_written = request_line.startswith("PUT")
    with socket.create_connection(("127.0.0.1", int(site.host.split(":")[1])), timeout=30) as half:
        half.sendall(f"{request_line} HTTP/1.1\r\nHost: {site.host}\r\nContent-Length: 9\r\n\r\nab".encode())
        assert_soon(site, lambda: is_written == any(folder.glob(".*.part")))

    assert_soon(site, lambda: not any(folder.glob(".*.part")))
    assert not (folder / "broken").exists()
    assert "Traceback" not in capfd.readouterr().err
    assert [] == [one for one in caplog.records if one.exc_info]


def assert_soon(site: Site, holds: Callable[[], bool]) -> None:
    """That something *holds* after some requests, if not at once."""
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        assert 200 == site.ask("GET", "/").status
    assert holds()


def test_what_is_shown_in_a_browser_runs_nothing(site: Site, s3: Any) -> None:
    """An object that is a page is handed out as bytes."""
    s3.put_object(Bucket="staging", Key="page.html", Body=b"<script>alert(1)</script>", ContentType="text/html")

    headers = site.ask("GET", "/s3/staging/page.html").headers

    assert ("application/octet-stream", "nosniff", "sandbox") == (
        headers["content-type"],
        headers["x-content-type-options"],
        headers["content-security-policy"],
    )

"""Stores of bytes: a folder shaped like buckets, S3 behind botocore's stubber, and the two layered."""

from __future__ import annotations

import io
import resource
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from hypothesis import example, given
from hypothesis import strategies as st

from amlwrap.exceptions import DataError
from amlwrap.objects import S3, Folder, Layered, ObjectStore, split_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

URI = "s3://shop/in/orders.csv"
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty store."""
    return Folder(tmp_path / "s3")


@contextmanager
def small_disk(n_bytes: int) -> Generator[None, None, None]:
    """No file of this process grows beyond *n_bytes*: what a full disk looks like from inside."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def read(store: ObjectStore, uri: str) -> bytes:
    """All bytes of an object."""
    with store.open(uri) as file:
        return file.read()


def files_in(root: Path) -> list[str]:
    """Every file below *root*, hidden ones included."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


class TestSplitUri:
    def test_key_may_hold_anything(self) -> None:
        """Whatever follows the first slash is the key, unchanged."""
        assert ("b", "a//b?c#d%20 é") == split_uri("s3://b/a//b?c#d%20 é")

    @pytest.mark.parametrize("uri", ["", "s3", "s3://", "s3:///key", "http://b/k", "/tmp/file", "S3://b/k"])
    def test_other_forms_are_refused(self, uri: str) -> None:
        """Anything but s3://BUCKET/KEY is refused with the form that is wanted."""
        with pytest.raises(DataError, match="s3://BUCKET/KEY"):
            split_uri(uri)


class TestFolder:
    def test_bytes_come_back(self, folder: Folder) -> None:
        """What was put is what is opened, and lies where a person would look for it."""
        folder.put_bytes(URI, b"id\n1\n")

        with folder.open(URI) as file:
            assert b"id\n1\n" == file.read()
        assert b"id\n1\n" == (folder.root / "shop/in/orders.csv").read_bytes()
        assert folder.root / "shop/in/orders.csv" == folder.local_path(URI)

    def test_bytes_from_one_on(self, folder: Folder) -> None:
        """The start may be passed over."""
        folder.put_bytes(URI, b"id\n1\n")

        with folder.open(URI, 3) as file:
            assert b"1\n" == file.read()

    def test_file_is_copied(self, folder: Folder, tmp_path: Path) -> None:
        """A put file is a copy: changing the original changes nothing in the store."""
        source = tmp_path / "orders.csv"
        source.write_bytes(b"id\n")
        folder.put_file(URI, source)
        source.write_bytes(b"other")

        assert b"id\n" == read(folder, URI)

    @pytest.mark.parametrize("name", [f"{'x' * 99_999}/k", "\udc92" * 9_999 + "/", f"shop/{'k' * 99_999}"])
    def test_endless_names_are_not_told_to_their_end(self, folder: Folder, name: str) -> None:
        """Only as much of them as a name may have."""
        with pytest.raises(DataError, match=r"^s3://.*cannot have this name") as caught:
            folder.put_bytes(f"s3://{name}", b"")
        assert len(str(caught.value)) < 4_000

    def test_missing_file_to_put_is_named(self, folder: Folder, tmp_path: Path) -> None:
        """Putting a file that is not there names it and makes no object."""
        with pytest.raises(DataError, match=r"absent\.csv.*No such file"):
            folder.put_file(URI, tmp_path / "absent.csv")
        assert folder.head(URI) is None

    def test_missing_object(self, folder: Folder) -> None:
        """Nothing there: None for questions, an error saying where the file would be for reading."""
        assert folder.head(URI) is None
        assert folder.local_path(URI) is None
        assert [] == folder.list("s3://shop/")
        with pytest.raises(DataError, match=r"nothing there.*shop/in/orders\.csv"):
            folder.open(URI)

    def test_shows_its_root(self, tmp_path: Path) -> None:
        """A store says where it is."""
        assert f"Folder('{tmp_path}')" == repr(Folder(tmp_path))

    def test_directory_is_no_object(self, folder: Folder) -> None:
        """A key that is only the beginning of others names nothing, and nothing can be written under a file."""
        folder.put_bytes(URI, b"")

        assert folder.head("s3://shop/in") is None
        assert folder.head(f"{URI}/more") is None
        assert [] == folder.list(f"{URI}/")
        with pytest.raises(DataError, match="s3://shop/in: "):
            folder.put_bytes("s3://shop/in", b"")
        with pytest.raises(DataError, match=r"orders\.csv/more: "):
            folder.put_bytes(f"{URI}/more", b"")
        assert ["shop/in/orders.csv"] == files_in(folder.root)

    def test_head_tells_size_and_time(self, folder: Folder) -> None:
        """Size in bytes and an aware time come with the URI."""
        folder.put_bytes(URI, b"12345")
        info = folder.head(URI)

        assert info is not None
        assert (URI, 5) == (info.uri, info.size)
        assert UTC == info.modified.tzinfo

    def test_etag_changes_with_every_write(self, folder: Folder) -> None:
        """Writing the same bytes again gives another etag; reading does not."""
        etags: list[str] = []
        for _ in range(2):
            folder.put_bytes(URI, b"same")
            infos = [folder.head(URI), *folder.list(URI)]
            assert 1 == len({info.etag for info in infos if info})
            etags += {info.etag for info in infos if info}

        assert 2 == len(set(etags))

    def test_listing_is_in_byte_order(self, folder: Folder) -> None:
        """Keys are listed as S3 does: by their bytes, across folders, upper case first."""
        keys = ["a/b", "a-b", "a.b", "B", "a", "é", "z", "a0"]
        for key in keys:
            if key != "a":
                folder.put_bytes(f"s3://shop/{key}", b"")

        listed = [info.uri.removeprefix("s3://shop/") for info in folder.list("s3://shop")]
        assert sorted(set(keys) - {"a"}, key=str.encode) == listed

    def test_prefix_may_end_anywhere(self, folder: Folder) -> None:
        """A prefix is of the text, not of the folders."""
        for key in ("in/data1", "in/data2", "in/other", "int"):
            folder.put_bytes(f"s3://shop/{key}", b"")

        assert ["s3://shop/in/data1", "s3://shop/in/data2"] == [i.uri for i in folder.list("s3://shop/in/da")]
        assert 4 == len(folder.list("s3://shop/in"))

    def test_write_is_whole_or_not_at_all(self, folder: Folder) -> None:
        """While it is written, and when it fails, the old bytes stand and nothing new is listed."""
        folder.put_bytes(URI, b"old")

        def fail() -> None:
            with folder.writer(URI) as file:
                file.write(b"new")
                assert [URI] == [info.uri for info in folder.list("s3://shop")]
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert b"old" == read(folder, URI)
        assert ["shop/in/orders.csv"] == files_in(folder.root)

    def test_writer_may_be_closed_early(self, folder: Folder) -> None:
        """Wrappers that close the file they were given do no harm."""
        with folder.writer(URI) as file, io.TextIOWrapper(file) as text:
            text.write("id\n")

        assert b"id\n" == read(folder, URI)

    def test_own_errors_pass_a_writer_unchanged(self, folder: Folder) -> None:
        """An OSError of the caller's own making is not ours to rename."""
        with pytest.raises(ConnectionError), folder.writer(URI):
            raise ConnectionError

    def test_leftovers_of_a_killed_process_are_ignored(self, folder: Folder) -> None:
        """A part file that nobody finished is neither listed nor readable as an object."""
        folder.put_bytes(URI, b"")
        left = folder.root / "shop/in/.amlwrap-0123456789abcdef.part"
        left.write_bytes(b"half")

        assert [URI] == [info.uri for info in folder.list("s3://shop")]
        with pytest.raises(DataError, match="unfinished"):
            folder.head(f"s3://shop/in/{left.name}")
        folder.sweep()
        assert not left.exists()
        assert folder.head(URI)

    @pytest.mark.parametrize("size", [6_000, 200_000], ids=["found when closing", "found when writing"])
    def test_full_disk(self, folder: Folder, size: int) -> None:
        """A disk that fills up names the target and leaves what was there before."""
        folder.put_bytes(URI, b"old")

        with (
            small_disk(4096),
            pytest.raises(DataError, match=r"orders\.csv: expected room to write it.*Free some space"),
        ):
            folder.put_bytes(URI, b"x" * size)
        assert b"old" == read(folder, URI)
        assert ["shop/in/orders.csv"] == files_in(folder.root)

    def test_unreadable_file_is_named(self, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the operating system refuses comes out as our error, naming URI and reason."""

        def refuse(*_: object, **__: object) -> Any:
            raise PermissionError(13, "Permission denied", "orders.csv")

        def no(_: Path) -> bool:
            return False

        folder.put_bytes(URI, b"")
        monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(DataError, match=r"s3://shop/in/orders\.csv.*Permission denied"):
            folder.open(URI)
        monkeypatch.setattr("os.scandir", refuse)
        monkeypatch.setattr(Path, "is_symlink", no)
        monkeypatch.setattr(Path, "stat", refuse)
        with pytest.raises(DataError, match=r"s3://shop/in/orders\.csv.*Permission denied"):
            folder.head(URI)
        monkeypatch.setattr(Path, "is_symlink", refuse)
        with pytest.raises(DataError, match=r"s3://shop/in/orders\.csv.*reached.*Permission denied"):
            folder.head(URI)
        with pytest.raises(DataError, match=r"s3://shop/: .*Permission denied"):
            folder.list("s3://shop/")

    def test_links_out_are_refused(self, folder: Folder, tmp_path: Path) -> None:
        """No link leads out of the store, whether it is the file, a folder above it or the bucket."""
        folder.put_bytes(URI, b"")
        (tmp_path / "secret").mkdir()
        (tmp_path / "secret/key").write_bytes(b"secret")
        (folder.root / "shop/file").symlink_to(tmp_path / "secret/key")
        (folder.root / "shop/folder").symlink_to(tmp_path / "secret")
        (folder.root / "bucket").symlink_to(tmp_path / "secret")

        assert [URI] == [info.uri for info in folder.list("s3://shop/")]
        for uri in ("s3://shop/file", "s3://shop/folder/key", "s3://bucket/key"):
            with pytest.raises(DataError, match="link to"):
                folder.open(uri)
            with pytest.raises(DataError, match="link to"):
                folder.put_bytes(uri, b"")
        with pytest.raises(DataError, match="link to"):
            folder.list("s3://bucket/")
        assert b"secret" == (tmp_path / "secret/key").read_bytes()

    def test_link_inside_is_an_object(self, folder: Folder) -> None:
        """A link to another file of the store is read, listed, and replaced when written."""
        folder.put_bytes(URI, b"1")
        link = folder.root / "shop/in/link"
        link.symlink_to("orders.csv")

        assert b"1" == read(folder, "s3://shop/in/link")
        assert ["s3://shop/in/link", URI] == [info.uri for info in folder.list("s3://shop/")]
        folder.put_bytes("s3://shop/in/link", b"2")
        assert b"1" == read(folder, URI)

    def test_loop_of_links_is_no_object(self, folder: Folder) -> None:
        """Links that lead in circles are not listed and are refused or absent, never followed for ever."""
        folder.put_bytes(URI, b"1")
        (folder.root / "shop/self").symlink_to("self")
        (folder.root / "shop/in/up").symlink_to("..")

        assert [URI] == [info.uri for info in folder.list("s3://shop/")]
        for uri in ("s3://shop/self", "s3://shop/self/a", "s3://shop/in/up/in/orders.csv"):
            with pytest.raises(DataError):
                folder.open(uri)

    def test_root_may_be_a_link(self, folder: Folder, tmp_path: Path) -> None:
        """Only links below the root matter."""
        folder.put_bytes(URI, b"1")
        (tmp_path / "other").symlink_to(folder.root)

        assert b"1" == read(Folder(tmp_path / "other"), URI)

    @pytest.mark.parametrize(
        "uri",
        [
            "s3://shop",
            "s3://shop/",
            "s3://shop/a/",
            "s3://shop//a",
            "s3://shop/a//b",
            "s3://shop/../a",
            "s3://shop/a/..",
            "s3://shop/./a",
            "s3://shop//etc/passwd",
            "s3://shop/a\\b",
            "s3://shop/a\0b",
            "s3://shop/\udc80",
            "s3://shop/" + "x" * 256,
            "s3://shop/" + "/".join(["x" * 200] * 6),
            "s3://../a",
            "s3://.hidden/a",
            "s3://a b/a",
            "s3://sh\\op/a",
            "s3://" + "b" * 256 + "/a",
        ],
    )
    def test_nasty_names_are_refused(self, folder: Folder, uri: str) -> None:
        """Names that could leave the folder, or that it cannot hold, are refused by every door, and nothing is made."""
        doors: list[Callable[[str], object]] = [
            folder.head,
            folder.open,
            folder.local_path,
            lambda uri: folder.put_bytes(uri, b""),
            lambda uri: folder.put_file(uri, __file__),
        ]
        for door in doors:
            with pytest.raises(DataError, match="cannot have this name"):
                door(uri)
        assert not folder.root.exists()

    @given(
        st.lists(st.sampled_from(["..", ".", "", "a", "\\", "\0", "é", "C:", "~", "a b", "-"]), min_size=1, max_size=5)
    )
    @example(["..", "..", "escape"])
    def test_no_key_leaves_the_bucket(self, tmp_path_factory: pytest.TempPathFactory, segments: list[str]) -> None:
        """Whatever the key, either it is refused or its one file is inside its bucket and is listed under its name."""
        base = tmp_path_factory.mktemp("keys")
        store = Folder(base / "s3")
        uri = "s3://shop/" + "/".join(segments)
        try:
            store.put_bytes(uri, b"1")
        except DataError:
            assert [] == files_in(base)
        else:
            assert ["s3/shop/" + "/".join(segments)] == files_in(base)
            assert [uri] == [info.uri for info in store.list("s3://shop")]

    @given(st.text(min_size=1, max_size=40))
    def test_any_text_is_stored_or_refused(self, tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
        """Any text is a key that gives its bytes back, or is refused."""
        store = Folder(tmp_path_factory.mktemp("text"))
        try:
            store.put_bytes(f"s3://shop/{key}", b"1")
        except DataError:
            assert [] == files_in(store.root)
        else:
            assert b"1" == read(store, f"s3://shop/{key}")
            assert [f"s3://shop/{key}"] == [info.uri for info in store.list("s3://shop/")]


@pytest.fixture
def client() -> Any:
    """A boto3 client that asks nobody for credentials."""
    session: Any = boto3.Session()
    return session.client("s3", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def stubber(client: Any) -> Iterator[Any]:
    """Answers for *client*, all of which must be used."""
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def s3(client: Any) -> S3:
    """The store under test."""
    return S3(lambda: client)


def raising(error: Exception) -> Any:
    """A client whose every call fails before it gets an answer."""

    class Client:
        def __getattr__(self, name: str) -> Any:
            def call(*_: object, **__: object) -> Any:
                raise error

            return call

    return Client()


class TestS3:
    def test_head(self, s3: S3, stubber: Any) -> None:
        """Size, bare etag and time come from HeadObject."""
        reply = {"ContentLength": 5, "ETag": '"abc"', "LastModified": WHEN}
        stubber.add_response("head_object", reply, {"Bucket": "shop", "Key": "in/orders.csv"})
        info = s3.head(URI)

        assert info is not None
        assert (URI, 5, "abc", WHEN) == (info.uri, info.size, info.etag, info.modified)

    def test_head_of_nothing(self, s3: S3, stubber: Any) -> None:
        """A 404 is an answer, not an error."""
        stubber.add_client_error("head_object", "404", "Not Found", 404)

        assert s3.head(URI) is None

    def test_list_reads_all_pages(self, s3: S3, stubber: Any) -> None:
        """Pages are followed until the token ends, an empty one in between included; folder markers are left out."""

        def item(key: str) -> dict[str, Any]:
            return {"Key": key, "Size": 1, "ETag": '"e"', "LastModified": WHEN}

        asked = {"Bucket": "shop", "Prefix": "in/"}
        pages: list[dict[str, Any]] = [
            {"Contents": [item("in/"), item("in/a")], "IsTruncated": True, "NextContinuationToken": "1"},
            {"IsTruncated": True, "NextContinuationToken": "2"},
            {"Contents": [item("in/b")], "IsTruncated": False},
        ]
        for page, token in zip(pages, [{}, {"ContinuationToken": "1"}, {"ContinuationToken": "2"}], strict=True):
            stubber.add_response("list_objects_v2", page, asked | token)

        assert ["s3://shop/in/a", "s3://shop/in/b"] == [info.uri for info in s3.list("s3://shop/in/")]

    def test_open_streams(self, s3: S3, stubber: Any) -> None:
        """The body is a binary file with lines, never a local one."""
        body = StreamingBody(io.BytesIO(b"id\n1\n"), 5)
        stubber.add_response("get_object", {"Body": body}, {"Bucket": "shop", "Key": "in/orders.csv"})

        with s3.open(URI) as file:
            assert [b"id\n", b"1\n"] == list(file)
        assert s3.local_path(URI) is None

    def test_open_from_a_byte_on(self, s3: S3, stubber: Any) -> None:
        """What lies before is not fetched."""
        body = StreamingBody(io.BytesIO(b"1\n"), 2)
        asked = {"Bucket": "shop", "Key": "in/orders.csv", "Range": "bytes=3-"}
        stubber.add_response("get_object", {"Body": body}, asked)

        with s3.open(URI, 3) as file:
            assert b"1\n" == file.read()

    def test_lost_connection_while_reading(self, s3: S3, stubber: Any) -> None:
        """A body that breaks off is our error, naming the URI."""

        class Broken(io.RawIOBase):
            def read(self, size: int = -1, /) -> bytes:
                raise ReadTimeoutError(endpoint_url="https://s3")

        stubber.add_response("get_object", {"Body": Broken()})

        with s3.open(URI) as file, pytest.raises(DataError, match=r"in/orders\.csv.*Read timeout"):
            file.read()

    def test_put(self, s3: S3, stubber: Any, tmp_path: Path) -> None:
        """Bytes, files and what was written all end in one PutObject each."""
        (tmp_path / "f").write_bytes(b"1")
        sent: list[tuple[str, str]] = []
        for _ in range(3):
            stubber.add_response("put_object", {})

        def note(params: dict[str, Any], **_: Any) -> None:
            sent.append((params["Bucket"], params["Key"]))

        stubber.client.meta.events.register("before-parameter-build.s3.PutObject", note)
        s3.put_bytes(URI, b"1")
        s3.put_file(URI, tmp_path / "f")
        with s3.writer(URI) as file:
            file.write(b"1")
        assert [("shop", "in/orders.csv")] * 3 == sent

    def test_failed_writer_sends_nothing(self, s3: S3, stubber: Any) -> None:
        """When the block fails, S3 never hears of it."""

        def fail() -> None:
            with s3.writer(URI) as file:
                file.write(b"1")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

    @pytest.mark.parametrize(
        ("code", "remedy"),
        [
            ("NoSuchKey", "Check the key"),
            ("AccessDenied", "Let these credentials"),
            ("ExpiredToken", "Renew"),
            ("Odd", ""),
        ],
    )
    def test_refusals_are_translated(self, s3: S3, stubber: Any, code: str, remedy: str) -> None:
        """What S3 refuses names the URI, the code and what to do."""
        stubber.add_client_error("get_object", code, "Words.", 400)

        with pytest.raises(DataError, match=rf"{URI}: expected .* found {code} from GetObject: Words\. ?{remedy}"):
            s3.open(URI)

    def test_refused_head(self, s3: S3, stubber: Any) -> None:
        """A 403 to HeadObject, which has no words, is still an error with a remedy."""
        stubber.add_client_error("head_object", "403", "Forbidden", 403)

        with pytest.raises(DataError, match=r"403.*Let these credentials"):
            s3.head(URI)

    def test_no_credentials(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Without credentials the error tells how to configure them; the client is boto3's own."""
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

        with pytest.raises(DataError, match=r"Unable to locate credentials.*Configure credentials as for boto3"):
            S3().put_bytes(URI, b"")

    def test_no_answer(self) -> None:
        """No answer at all is our error too."""
        store = S3(lambda: raising(EndpointConnectionError(endpoint_url="https://s3.nowhere")))

        with pytest.raises(DataError, match=r"Could not connect.*Check the region"):
            store.list("s3://shop/")

    def test_key_is_needed(self, s3: S3) -> None:
        """A bare bucket is no object."""
        with pytest.raises(DataError, match="a bucket alone"):
            s3.head("s3://shop")


class TestLayered:
    def test_folder_first(self, folder: Folder, tmp_path: Path) -> None:
        """Buckets that are folders stay on the machine; the others go to the second store, made once."""
        made: list[Folder] = []

        def other() -> ObjectStore:
            made.append(Folder(tmp_path / "other"))
            return made[-1]

        store = Layered(folder, other)
        folder.put_bytes("s3://here/a", b"1")
        store.put_bytes("s3://here/b", b"2")
        assert [] == made

        (tmp_path / "f").write_bytes(b"3")
        store.put_file("s3://there/a", tmp_path / "f")
        with store.writer("s3://there/b") as file:
            file.write(b"4")

        assert 1 == len(made)
        assert b"2" == read(store, "s3://here/b")
        assert b"3" == read(store, "s3://there/a")
        assert made[0].local_path("s3://there/b") == store.local_path("s3://there/b")
        assert ["s3://there/a", "s3://there/b"] == [info.uri for info in store.list("s3://there/")]
        assert folder.head("s3://here/a") == store.head("s3://here/a")

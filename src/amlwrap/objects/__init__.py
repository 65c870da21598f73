"""
Bytes by ``s3://`` URI: in S3 itself, or in a folder shaped like buckets.

Everything that reads or writes data asks an `ObjectStore`, so the same code serves AWS and one machine. A `Folder`
keeps the bytes of ``s3://BUCKET/KEY`` in the file ``ROOT/BUCKET/KEY``; `S3` goes to AWS, `Served` to
a server of ours; `Layered` takes the folder or server for the buckets that are there and S3 for the others.
"""

from __future__ import annotations

from amlwrap.objects._base import ObjectInfo, ObjectStore, split_uri
from amlwrap.objects._files import opened
from amlwrap.objects._folder import Folder
from amlwrap.objects._layered import Layered
from amlwrap.objects._locations import find_files
from amlwrap.objects._named import named_file
from amlwrap.objects._s3 import S3
from amlwrap.objects._served import Served

__all__ = [
    "S3",
    "Folder",
    "Layered",
    "ObjectInfo",
    "ObjectStore",
    "Served",
    "find_files",
    "named_file",
    "opened",
    "split_uri",
]

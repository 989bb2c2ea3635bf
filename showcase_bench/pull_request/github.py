"""The few questions that a comment needs answered by GitHub's programming interface."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from showcase_bench import __version__
from showcase_bench.errors import ShowcaseError, UsageError

__all__ = ["GitHub", "GitHubError"]

_REPOSITORY = re.compile(r"[A-Za-z0-9_-]{1,100}/[A-Za-z0-9._-]{1,100}")
_ANSWER_BYTES = 16 << 20
_PAGE = 100
_MOST_PAGES = 30
_TIMEOUT = 60.0
_DONE = (200, 201)


class GitHubError(ShowcaseError):
    """The service refuses, cannot be reached, or answers something unexpected."""


class GitHub:
    """One repository, with a token.

    Parameters
    ----------
    api
        Address of the interface, such as ``https://api.github.com``.
    repository
        ``owner/name``.
    token
        Sent to ``api`` alone: where an answer leads to another host, it is not sent along.

    Raises
    ------
    UsageError
        ``repository`` is not of this form, or ``api`` no address.
    """

    def __init__(self, api: str, repository: str, token: str) -> None:
        if not _REPOSITORY.fullmatch(repository):
            raise UsageError(f"the repository is {repository[:100]!r}; owner/name is expected")
        if not api.startswith(("https://", "http://")):
            raise UsageError(
                f"the address of the service is {api[:100]!r}; https://... is expected"
            )
        self.repository = repository
        self._api = api.rstrip("/")
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "User-Agent": f"showcase-bench/{__version__}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._pools = urllib3.PoolManager(timeout=_TIMEOUT)

    def get(self, path: str, **fields: str) -> Any:
        """The JSON at ``path`` of the repository; raises :class:`GitHubError`."""
        return self._json("GET", path, fields)

    def pages(self, path: str, **fields: str) -> Iterator[Mapping[str, Any]]:
        """The objects of a list of lists, until it ends.

        Raises
        ------
        GitHubError
            As :meth:`get`; or the list has more than 3,000 objects.
        """
        for number in range(1, _MOST_PAGES + 1):
            found = self.get(path, per_page=str(_PAGE), page=str(number), **fields)
            if not isinstance(found, list):
                raise GitHubError(f"{path}: a list was expected of GitHub")
            yield from found
            if len(found) < _PAGE:
                return
        raise GitHubError(f"{path}: more than {_PAGE * _MOST_PAGES:,} entries")

    def send(self, method: str, path: str, body: Mapping[str, str]) -> Any:
        """Send JSON; returns the answer's, and raises :class:`GitHubError`."""
        return self._json(method, path, {}, json.dumps(body).encode())

    def download(self, path: str, most: int) -> bytes:
        """The bytes at ``path``, wherever it leads.

        Raises
        ------
        GitHubError
            There are more than ``most``; or as :meth:`get`.
        """
        return self._request("GET", path, {}, None, most)

    def _json(
        self, method: str, path: str, fields: Mapping[str, str], body: bytes | None = None
    ) -> Any:
        data = self._request(method, path, fields, body, _ANSWER_BYTES)
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise GitHubError(f"{method} {path}: the answer is not JSON") from error

    def _request(
        self, method: str, path: str, fields: Mapping[str, str], body: bytes | None, most: int
    ) -> bytes:
        address = f"{self._api}/repos/{self.repository}/{quote(path)}"
        if fields:
            address += f"?{urlencode(fields)}"
        try:
            answer = self._pools.request(
                method,
                address,
                body=body,
                headers=self._headers,
                preload_content=False,
                retries=urllib3.Retry(3, redirect=3, status=0),
            )
            try:
                data = answer.read(most + 1)
            finally:
                answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise GitHubError(f"{method} {path}: {type(error).__name__}") from error
        if answer.status not in _DONE:
            raise GitHubError(f"{method} {path}: GitHub answers {answer.status}")
        if len(data) > most:
            raise GitHubError(f"{method} {path}: more than {most:,} bytes")
        return bytes(data)

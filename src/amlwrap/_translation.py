"""What botocore raises, as the amlwrap error that says the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amlwrap import exceptions
from amlwrap._wire import redacted

__all__ = ["asked_delay", "in_short", "is_ambiguous", "is_transient", "translate"]

_BY_CODE: dict[str, type[exceptions.ServiceError]] = {
    **dict.fromkeys(["ResourceNotFoundException"], exceptions.NotFoundError),
    **dict.fromkeys(["IdempotentParameterMismatchException"], exceptions.ConflictError),
    **dict.fromkeys(
        [
            "InvalidInputException",
            "InvalidTagException",
            "ValidationError",
            "ValidationException",
            "SerializationException",
            "UnknownOperationException",
            "MissingParameter",
            "InvalidParameterValue",
        ],
        exceptions.InvalidInputError,
    ),
    **dict.fromkeys(
        ["LimitExceededException", "TagLimitExceededException", "RequestEntityTooLargeException"],
        exceptions.LimitExceededError,
    ),
    **dict.fromkeys(
        [
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "RequestLimitExceeded",
            "TooManyRequestsException",
            "BandwidthLimitExceeded",
            "SlowDown",
        ],
        exceptions.ThrottledError,
    ),
    **dict.fromkeys(["PredictorNotMountedException"], exceptions.EndpointNotReadyError),
    **dict.fromkeys(
        [
            "AccessDenied",
            "AccessDeniedException",
            "AuthFailure",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "NotAuthorized",
            "OptInRequired",
            "RequestExpired",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ],
        exceptions.AccessDeniedError,
    ),
    **dict.fromkeys(
        [
            "InternalServerException",
            "InternalFailure",
            "InternalError",
            "InternalServiceError",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "RequestTimeout",
            "RequestTimeoutException",
        ],
        exceptions.InternalServiceError,
    ),
}

_BY_STATUS: dict[int, type[exceptions.ServiceError]] = {
    401: exceptions.AccessDeniedError,
    403: exceptions.AccessDeniedError,
    404: exceptions.NotFoundError,
    408: exceptions.InternalServiceError,
    413: exceptions.LimitExceededError,
    429: exceptions.ThrottledError,
}

_CLOSED_WORDS = ("no longer available", "new customers", "new users", "new accounts")
"""What the service says to an account it never admitted. In full, as reported by several of them since 2019:
"Thank you for your interest in Amazon Machine Learning. AmazonML is no longer available to new customers." """

_SUBJECTS = {
    "BatchPredictionId": "batch prediction",
    "EvaluationId": "evaluation",
    "MLModelId": "model",
    "DataSourceId": "datasource",
}


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a moment later."""
    if isinstance(error, exceptions.TransportError):
        return not _is_hopeless(error.__cause__)
    return isinstance(error, exceptions.ThrottledError | exceptions.InternalServiceError)


def is_ambiguous(error: BaseException) -> bool:
    """Whether the call may have done its work although *error* came back."""
    return isinstance(error, exceptions.TransportError | exceptions.InternalServiceError)


def in_short(error: BaseException) -> str:
    """What was met, in a word or two: the service's code, or that there was no answer."""
    return error.code if isinstance(error, exceptions.ServiceError) else "no answer"


def asked_delay(error: BaseException | None) -> float:
    """Seconds for which a reply asked to be left alone; 0 when it did not, or named a date."""
    cause = None if error is None else error.__cause__
    response: Mapping[str, Any] = getattr(cause, "response", None) or {}
    asked = str(response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", ""))
    return float(asked) if asked.isdecimal() else 0.0


def translate(
    error: Exception, operation: str, params: Mapping[str, Any], endpoint: str, attempts: int
) -> exceptions.AmlwrapError | None:
    """The amlwrap error for *error*; ``None`` when botocore did not raise it (a bug must look like one)."""
    import botocore.exceptions as b
    from botocore.parsers import ResponseParserError

    said = redacted(str(error), params)
    if isinstance(error, b.ClientError):
        return _refusal(error, operation, params, attempts)
    if isinstance(error, b.ParamValidationError | b.ValidationError | b.MissingParametersError):
        name = type(error).__name__
        return exceptions.InvalidInputError(operation, _subject(params), name, said, attempts)
    if isinstance(error, b.HTTPClientError | b.ConnectionError | b.IncompleteReadError | ResponseParserError):
        return exceptions.TransportError(operation, endpoint, said, attempts)
    if isinstance(error, b.NoCredentialsError | b.PartialCredentialsError | b.CredentialRetrievalError):
        remedy = 'Run "aws configure", or work without an account: amlwrap.connect("local:./models").'
        return exceptions.ConfigError("credentials", said, "AWS credentials where boto3 looks for them", remedy)
    if isinstance(error, b.BotoCoreError):
        return exceptions.ConfigError("AWS configuration", said, "settings boto3 can use")
    return None


def _refusal(error: Any, operation: str, params: Mapping[str, Any], attempts: int) -> exceptions.ServiceError:
    details: Mapping[str, Any] = error.response.get("Error", {})
    metadata: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    code, reason = str(details.get("Code", "Unknown")), redacted(str(details.get("Message", "")), params)
    chosen = _error_class(operation, code, reason, int(metadata.get("HTTPStatusCode", 0)))
    return chosen(operation, _subject(params), code, reason, attempts, str(metadata.get("RequestId", "")))


def _error_class(operation: str, code: str, reason: str, status: int) -> type[exceptions.ServiceError]:
    if operation == "Predict" and code == "LimitExceededException":
        return exceptions.ThrottledError  # the service's word for more than 200 predictions a second
    chosen = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if chosen is None:
        return exceptions.InternalServiceError if status >= 500 else exceptions.ServiceError
    if chosen is exceptions.AccessDeniedError and any(words in reason.lower() for words in _CLOSED_WORDS):
        return exceptions.ServiceClosedError
    return chosen


def _subject(params: Mapping[str, Any]) -> str:
    if "ResourceType" in params:
        return _subject({f"{params['ResourceType']}Id": params.get("ResourceId")})
    for member, noun in _SUBJECTS.items():
        if member in params:
            return f"{noun} {params[member]!r}"
    return ""


def _is_hopeless(cause: BaseException | None) -> bool:
    """A certificate or a proxy that is wrong now will be wrong in a second too."""
    from botocore.exceptions import ProxyConnectionError, SSLError

    return isinstance(cause, SSLError | ProxyConnectionError)

"""Why a request is refused, beyond the status: `word` is what its page says."""

from aiohttp import web


class RefusedError(web.HTTPForbidden):
    """Refused for a reason that has words of its own."""

    word = "error.403"


class CsrfError(RefusedError):
    """An action whose token is not the session's, or that another site sent."""

    word = "error.csrf"


class NotOurProxyError(RefusedError):
    """A request that says who it is, from where that is not believed."""

    word = "error.not_our_proxy"


class ProxyNameError(RefusedError):
    """The proxy names somebody whom no account can be for."""

    word = "error.proxy_name"


class DisabledError(RefusedError):
    """The proxy names somebody whose account is disabled."""

    word = "error.disabled"

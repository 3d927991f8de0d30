package explain

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// programRules are the errors of programs that are not browsers: Node, curl,
// Python, Go.
var programRules = []rule{
	{slug: "connection-refused", says: `ECONNREFUSED(?: (?P<value>\S+))?`, refine: (*reading).loopback},
	{slug: "dns-failure", says: `(?:ENOTFOUND|EAI_AGAIN)`},
	{slug: "connection-closed", says: `(?:ECONNRESET|EPIPE|socket hang up|other side closed|UND_ERR_SOCKET)`},
	{slug: "server-timeout", says: `(?:ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT|timeout of [0-9]+ms exceeded)`},
	{slug: "address-unreachable", says: `(?:EHOSTUNREACH|ENETUNREACH|No route to host|Network is unreachable)`},
	{slug: "tls-expired-certificate", says: `(?:CERT_HAS_EXPIRED|certificate has expired)`},
	{slug: "tls-name-mismatch", says: `(?:ERR_TLS_CERT_ALTNAME_INVALID|Hostname/IP does not match certificate's altnames|SSL: no alternative certificate subject name matches|x509: certificate is (?:valid for|not valid for any names))`},
	{slug: "tls-untrusted-certificate", says: `(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?)|self[- ]signed certificate|unable to (?:get local issuer|verify the first) certificate|certificate signed by unknown authority|CERTIFICATE_VERIFY_FAILED)`},
	{slug: "https-to-http-port", says: `(?:wrong version number|packet length too long|server gave HTTP response to HTTPS client|ERR_SSL_WRONG_VERSION_NUMBER|unknown protocol)`},
	{slug: "redirect-loop", says: `(?:redirect count exceeded|Maximum number of redirects exceeded|Maximum \([0-9]+\) redirects followed|stopped after [0-9]+ redirects)`},
	{slug: "malformed-response", says: `(?:HPE_INVALID_\w+|Received HTTP/0\.9 when not allowed|malformed HTTP (?:response|status code))`},
	{slug: "body-truncated", says: `(?:transfer closed with (?:[0-9]+ bytes|outstanding read data) remaining|curl: \(18\))`},
	{slug: "http2-stream-error", says: `(?:HTTP/2 stream [0-9]+ was not closed cleanly|NGHTTP2_\w+|ERR_HTTP2_STREAM_ERROR)`},
	{slug: "blocked-unsafe-port", says: `\bcause\]?: Error: bad port`},
	{slug: "dns-failure", says: `(?:Could not resolve host: (?P<value>[^\s'"]+)|no such host|Name or service not known|Temporary failure in name resolution|NameResolutionError)`, refine: (*reading).address},
	{slug: "connection-refused", says: `(?:Failed to connect to (?P<value>\S+ port [0-9]+)[^\n]{0,60}(?:refused|Couldn't connect|Could not connect)|Connection refused\b|actively refused it)`, refine: (*reading).address},
	{slug: "server-timeout", says: `(?:Operation timed out after|Connection timed out after|curl: \(28\)|context deadline exceeded|Read timed out)`},
	{slug: "connection-closed", says: `(?:Empty reply from server|Connection reset by peer|curl: \((?:52|56)\)|RemoteDisconnected)`},
	{slug: "tls-handshake-failure", says: `(?:curl: \(35\)|SSL_ERROR_SYSCALL|handshake failure|EPROTO)`, refine: (*reading).vague},
	{slug: "tls-untrusted-certificate", says: `curl: \(60\)`, refine: (*reading).vague},
	{slug: "redirect-loop", says: `curl: \(47\)`},
	{slug: "url-without-scheme", says: `(?:ERR_INVALID_URL|curl: \(3\)|unsupported protocol scheme ''|Invalid URL '(?P<url>[^'"]*)': No scheme supplied)`},
}

// vague marks a message that the text around it says more about.
func (r *reading) vague() { r.rank = symptom }

// address takes the URL from the host, or the host and port, that a program could
// not connect to.
func (r *reading) address() {
	host, port, _ := strings.Cut(r.value(), " port ")
	host = strings.TrimRight(host, ".,:;")
	r.Value = nil
	if r.URL != "" || host == "" {
		return
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	url := "http://" + host
	switch port {
	case "", "80":
	case "443":
		url = "https://" + host
	default:
		url += ":" + port
	}
	if u, err := weburl.Parse(url+"/", nil); err == nil && u.Host != "" {
		r.URL = url + "/"
	}
}

// loopback decides about a refused connection by its address.
func (r *reading) loopback() {
	address := r.value()
	if i := strings.LastIndexByte(address, ':'); i > 0 {
		host := address[:i] + " port " + strings.TrimRight(address[i+1:], ".,;)]}")
		r.Value = &host
	}
	r.address()
	if strings.HasPrefix(address, "::1:") && !strings.Contains(r.before+r.after, "ECONNREFUSED 127.0.0.1") {
		r.is("connection-refused", "listening-on-other-loopback", "connection-refused")
	}
}

// networkRules are Chromium's names for network errors, and Firefox's and
// Safari's words for those that they name.
var networkRules = []rule{
	{slug: generic, says: `(?:\b(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (?P<url>(?:https?|wss?|file)://\S+?)?[ :]? )?net::(?P<code>ERR_[A-Z0-9_]*[A-Z](?:\.[A-Za-z]+)?)(?: {status} ?\()?`, refine: (*reading).network},
	{slug: generic, says: `\b(?P<code>ERR_(?:BLOCKED_BY|CERT|SSL|CONNECTION|NAME|ADDRESS|INTERNET|TOO_MANY|UNSAFE|EMPTY|HTTP2|QUIC|CONTENT|INCOMPLETE|TIMED|FAILED|ABORTED|RESPONSE|INVALID)_?[A-Z0-9_]*[A-Z](?:\.[A-Za-z]+)?)\b`, refine: (*reading).network},
	{slug: generic, says: `\b(?P<code>(?:SSL|SEC|MOZILLA_PKIX|NS)_ERROR_[A-Z_]+)\b`, refine: (*reading).network},
	{slug: "tls-untrusted-certificate", says: `The certificate for this server is invalid`},
	{slug: "connection-refused", says: `Could not connect to the server`},
	{slug: "dns-failure", says: `A server with the specified hostname could not be found`},
	{slug: "request-cancelled", says: `AbortError: `},
}

// networkErrors are the causes of network errors, by the beginning of the name
// without ERR_; the first that fits counts.
var networkErrors = []struct{ prefix, causes string }{
	{"UNSAFE_PORT", "blocked-unsafe-port"},
	{"CERT_DATE_INVALID", "tls-expired-certificate"},
	{"CERT_COMMON_NAME_INVALID", "tls-name-mismatch"},
	{"CERT_", "tls-untrusted-certificate"},
	{"SSL_PROTOCOL_ERROR", "https-to-http-port"},
	{"SSL_", "tls-handshake-failure"},
	{"BAD_SSL_CLIENT_AUTH_CERT", "tls-handshake-failure"},
	{"HTTP2_", "http2-stream-error"},
	{"QUIC_", "http2-stream-error"},
	{"TOO_MANY_REDIRECTS", "redirect-loop"},
	{"INVALID_REDIRECT", "redirect-to-unusable-url"},
	{"UNSAFE_REDIRECT", "redirect-to-unusable-url"},
	{"BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep", "coep-requires-corp"},
	{"BLOCKED_BY_RESPONSE.CoepFrame", "coep-requires-corp"},
	{"BLOCKED_BY_RESPONSE", "corp-same-origin coep-requires-corp"},
	{"BLOCKED_BY_ORB", "opaque-response-blocked: " + opaqueCauses},
	{"BLOCKED_BY_CLIENT", "blocked-by-extension"},
	{"BLOCKED_BY_ADMINISTRATOR", "blocked-by-extension"},
	{"BLOCKED_BY_CSP", "page-csp-connect-src"},
	{"BLOCKED_BY_PRIVATE_NETWORK", lnaSlug},
	{"BLOCKED_BY_LOCAL_NETWORK", lnaSlug},
	{"CONNECTION_REFUSED", "connection-refused"},
	{"CONNECTION_TIMED_OUT", "server-timeout"},
	{"TIMED_OUT", "server-timeout"},
	{"CONNECTION_", "connection-closed"},
	{"EMPTY_RESPONSE", "connection-closed"},
	{"NAME_NOT_RESOLVED", "dns-failure"},
	{"NAME_RESOLUTION_FAILED", "dns-failure"},
	{"ADDRESS_", "address-unreachable"},
	{"INTERNET_DISCONNECTED", "address-unreachable"},
	{"PROXY_", "proxy-failure"},
	{"TUNNEL_", "proxy-failure"},
	{"CONTENT_LENGTH_MISMATCH", "body-truncated"},
	{"INCOMPLETE_CHUNKED", "body-truncated"},
	{"CONTENT_DECODING_FAILED", "body-undecodable"},
	{"RESPONSE_HEADERS_", "malformed-response"},
	{"INVALID_HTTP_RESPONSE", "malformed-response"},
	{"INVALID_CHUNKED", "body-undecodable"},
	{"ABORTED", "request-cancelled"},
	{"FAILED", generic + ": " + noNetwork},
	// Those of Firefox.
	{"SEC_ERROR_EXPIRED", "tls-expired-certificate"},
	{"SSL_ERROR_BAD_CERT_DOMAIN", "tls-name-mismatch"},
	{"SEC_ERROR_", "tls-untrusted-certificate"},
	{"MOZILLA_PKIX_ERROR_", "tls-untrusted-certificate"},
	{"SSL_ERROR_RX_RECORD_TOO_LONG", "https-to-http-port"},
	{"NS_ERROR_CONNECTION_REFUSED", "connection-refused"},
	{"NS_ERROR_UNKNOWN_HOST", "dns-failure"},
	{"NS_ERROR_NET_TIMEOUT", "server-timeout"},
	{"NS_ERROR_NET_RESET", "connection-closed"},
	{"NS_ERROR_NET_PARTIAL", "body-truncated"},
	{"NS_ERROR_DOM_CORP_FAILED", "corp-same-origin coep-requires-corp"},
	{"NS_BINDING_ABORTED", "request-cancelled"},
}

// failed are the names that only repeat what an earlier message says.
var failed = lazyregexp.New(`^ERR_(?:FAILED|ABORTED)$`)

// network decides about a named network error.
func (r *reading) network() {
	name := strings.TrimPrefix(r.code, "ERR_")
	r.rank = symptom
	if r.code == "ERR_ABORTED" && r.Status >= "400" { // Chrome says so of a script that is not there
		r.slug, r.causes, r.rank, r.title = NotCORS, nil, other, "The server responded with the status {status} in place of the script or stylesheet"
		return
	}
	for _, e := range networkErrors {
		if !strings.HasPrefix(name, e.prefix) {
			continue
		}
		slug, causes, classed := strings.Cut(e.causes, ": ")
		if !classed {
			causes = slug
			slug, _, _ = strings.Cut(slug, " ")
		}
		r.is(slug, strings.Fields(causes)...)
		if !failed.MatchString(r.code) {
			r.rank = decisive
		}
		return
	}
	r.is(generic, strings.Fields(noNetwork)...)
}

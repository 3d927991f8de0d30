package cause

import (
	"slices"

	"github.com/corsac-dev/corsac/fetch"
)

// notCORS begins the explanation of a network failure.
const notCORS = "This is not CORS: there was no response to check, though script sees the same failure. "

// fault adds a failure of the network that has a code of its own.
func (r *registry) fault(c *Cause, codes ...fetch.Code) {
	c.Side, c.at = Network, atFailed
	c.Example = fromApp(get(), Answer{Error: codes[0]})
	c.Fixed = answered(read)
	c.applies = func(s *scene) bool { return slices.Contains(codes, fetch.Code(s.code())) }
	r.add(c)
}

// network adds failures of the network.
func (r *registry) network() {
	r.fault(&Cause{
		Slug:  "connection-refused",
		Title: "Nothing listens at {server}",
		When:  "The connection was refused.",
		Why:   notCORS + "The machine is up, but no program accepts connections at that address and port.",
		Fix:   "Start the server, or correct the port. A server that listens only on 127.0.0.1 or only on ::1 does not respond on the other.",
	}, fetch.CodeConnectionRefused)
	r.fault(&Cause{
		Slug:  "dns-failure",
		Title: "{host} could not be resolved",
		When:  "The host name was not resolved.",
		Why:   notCORS + "The names of containers and internal networks resolve only there, not in the browser.",
		Fix:   "Correct the host name, or use one that the browser's machine can resolve.",
	}, fetch.CodeNameNotResolved)
	r.fault(&Cause{
		Slug:  "address-unreachable",
		Title: "{host} cannot be reached",
		When:  "There is no route to the address.",
		Why:   notCORS + "The address is in another network, or the machine is off.",
		Fix:   "Check the address, the VPN and the firewall.",
	}, "net::ERR_ADDRESS_UNREACHABLE", "net::ERR_INTERNET_DISCONNECTED")
	r.fault(&Cause{
		Slug:  "server-timeout",
		Title: "{host} did not respond in time",
		When:  "There was no connection or no response in time.",
		Why:   notCORS + "A firewall drops the packets, or the server is busy or waiting for something itself.",
		Fix:   "Look at the server's log to see whether the request arrives. If it does not, check the firewall and the address.",
	}, fetch.CodeTimedOut, "net::ERR_CONNECTION_TIMED_OUT")
	r.fault(&Cause{
		Slug:  "connection-closed",
		Title: "{host} closed the connection without a response",
		When:  "The connection was closed or reset before the response headers were complete.",
		Why:   notCORS + "The server crashed while it handled the request, or a proxy or firewall cut the connection.",
		Fix:   "Read the logs of the server and of the proxy in front of it.",
	}, fetch.CodeEmptyResponse, fetch.CodeConnectionReset, fetch.CodeConnectionClosed)
	r.fault(&Cause{
		Slug: "proxy-failure", Confidence: likely,
		Title: "The proxy could not connect to {host}",
		When:  "The machine's proxy could not be reached, or refused to connect.",
		Why:   notCORS + "The request goes through a proxy, and fails there.",
		Fix:   "Check the proxy settings, and whether the proxy allows this host and port.",
	}, "net::ERR_PROXY_CONNECTION_FAILED", "net::ERR_TUNNEL_CONNECTION_FAILED")
	r.fault(&Cause{
		Slug:  "http2-stream-error",
		Title: "HTTP/2 protocol error from {host}",
		When:  "The request's stream ended with an HTTP/2 error.",
		Why:   notCORS + "The server or a proxy ended the response with an error, often because the application behind it failed.",
		Fix:   "Read the logs of the proxy and the application. Try HTTP/1.1, which shows whether HTTP/2 matters.",
	}, "net::ERR_HTTP2_PROTOCOL_ERROR", fetch.CodeALPN)
	r.fault(&Cause{
		Slug:  "malformed-response",
		Title: "The response from {host} is not HTTP that browsers accept",
		When:  "The response headers were not HTTP, too long, cut off, or had two lengths.",
		Why:   notCORS + "The error is: {detail}.",
		Fix:   "Check that the port is the web server's. If it is, its log or a proxy's says what breaks the response.",
	}, fetch.CodeInvalidResponse, fetch.CodeHeadersTooBig, "net::ERR_RESPONSE_HEADERS_TRUNCATED", "net::ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH")
	r.fault(&Cause{
		Slug:  "tls-untrusted-certificate",
		Title: "Browsers do not trust the certificate of {host}",
		When:  "The certificate is self-signed or from an authority that is not trusted, or its chain is incomplete.",
		Why:   notCORS + "The browser closes the connection before it sends the request.",
		Fix:   "Use a certificate from a public authority and send the intermediate certificates, too. For development, install the authority that signed it (mkcert does this).",
	}, fetch.CodeCertAuthority, fetch.CodeCertInvalid)
	r.fault(&Cause{
		Slug:  "tls-expired-certificate",
		Title: "The certificate of {host} has expired, or is not valid yet",
		When:  "The current date is outside the certificate's validity period.",
		Why:   notCORS + "The browser closes the connection before it sends the request.",
		Fix:   "Renew the certificate and reload the server. If its dates are right, correct the clock of this machine.",
	}, "net::ERR_CERT_DATE_INVALID")
	r.fault(&Cause{
		Slug:  "tls-name-mismatch",
		Title: "The certificate is not for {host}",
		When:  "The certificate does not list the host's name, or the server has no site with that name.",
		Why:   notCORS + "The browser closes the connection before it sends the request.",
		Fix:   "Call the server by a name that its certificate lists, or get a certificate for {host}.",
	}, fetch.CodeCertName, "net::ERR_SSL_UNRECOGNIZED_NAME_ALERT")
	r.fault(&Cause{
		Slug: "https-to-http-port", Confidence: likely,
		Title: "An https: URL goes to a port without TLS",
		When:  "The server does not speak TLS.",
		Why:   notCORS + "What came back is not TLS; most often the port serves plain http.",
		Fix:   "Use http:, or the port that serves TLS.",
	}, "net::ERR_SSL_PROTOCOL_ERROR")
	r.fault(&Cause{
		Slug:  "tls-handshake-failure",
		Title: "The browser and {host} cannot agree on a TLS version or cipher",
		When:  "The server supports only old TLS versions or ciphers, or requires a client certificate.",
		Why:   notCORS + "The error is: {detail}.",
		Fix:   "Enable TLS 1.2 or 1.3 in the server. If it requires a client certificate, install one in the browser, and exempt OPTIONS: preflights never have one.",
	}, "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "net::ERR_BAD_SSL_CLIENT_AUTH_CERT")
}

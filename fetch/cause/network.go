package cause

import (
	"slices"

	"github.com/corsac-dev/corsac/fetch"
)

// notCORS begins the explanation of a network failure.
const notCORS = "This is not CORS: there was no answer to look at, though script sees the same failure. "

// fault registers a failure of the network that has a code of its own.
func fault(c *Cause, codes ...fetch.Code) {
	c.Side, c.at = Network, atFailed
	c.Example = fromApp(get(), Answer{Error: codes[0]})
	c.Fixed = answered(read)
	c.applies = func(s *scene) bool { return slices.Contains(codes, fetch.Code(s.code())) }
	register(c)
}

func init() {
	fault(&Cause{
		Slug:  "connection-refused",
		Title: "Nothing listens at {server}",
		When:  "The connection was refused.",
		Why:   notCORS + "The machine is there, but no program accepts connections at that address and port.",
		Fix:   "Start the server, or correct the port. A server that listens on 127.0.0.1 or ::1 alone does not answer at the other.",
	}, fetch.CodeConnectionRefused)
	fault(&Cause{
		Slug:  "dns-failure",
		Title: "The name {host} has no address",
		When:  "The host name was not resolved.",
		Why:   notCORS + "Names of containers and of internal networks exist only there, and not for the browser.",
		Fix:   "Correct the host name, or use one that the browser's machine can resolve.",
	}, fetch.CodeNameNotResolved)
	fault(&Cause{
		Slug:  "address-unreachable",
		Title: "{host} cannot be reached",
		When:  "The network has no way to the address.",
		Why:   notCORS + "The address is in another network, or the machine is off.",
		Fix:   "Check the address, the VPN and the firewall.",
	}, "net::ERR_ADDRESS_UNREACHABLE", "net::ERR_INTERNET_DISCONNECTED")
	fault(&Cause{
		Slug:  "server-timeout",
		Title: "{host} did not answer in time",
		When:  "There was no connection or no answer in time.",
		Why:   notCORS + "A firewall drops the packets, or the server is busy or waits for something itself.",
		Fix:   "Look at the server's log to see whether the request arrives. If it does not, check firewall and address.",
	}, fetch.CodeTimedOut, "net::ERR_CONNECTION_TIMED_OUT")
	fault(&Cause{
		Slug:  "connection-closed",
		Title: "{host} closed the connection without an answer",
		When:  "The connection was closed or reset before the head of the answer was complete.",
		Why:   notCORS + "The server crashed while it handled the request, or a proxy or firewall cut the connection.",
		Fix:   "Read the logs of the server and of the proxy before it.",
	}, fetch.CodeEmptyResponse, fetch.CodeConnectionReset, fetch.CodeConnectionClosed)
	fault(&Cause{
		Slug: "proxy-failure", Confidence: likely,
		Title: "The proxy does not connect to {host}",
		When:  "The proxy of the machine could not be reached, or refused to connect.",
		Why:   notCORS + "The request goes through a proxy, and fails there.",
		Fix:   "Check the proxy settings, and whether the proxy allows this host and port.",
	}, "net::ERR_PROXY_CONNECTION_FAILED", "net::ERR_TUNNEL_CONNECTION_FAILED")
	fault(&Cause{
		Slug:  "http2-stream-error",
		Title: "{host} broke the rules of HTTP/2",
		When:  "The stream of the request ended with an error of HTTP/2.",
		Why:   notCORS + "The server or a proxy ended the answer with an error, often because the application behind it failed.",
		Fix:   "Read the logs of proxy and application. Try HTTP/1.1, which shows whether HTTP/2 matters.",
	}, "net::ERR_HTTP2_PROTOCOL_ERROR", fetch.CodeALPN)
	fault(&Cause{
		Slug:  "malformed-response",
		Title: "What {host} answers is not HTTP that browsers accept",
		When:  "The head of the answer was not HTTP, too long, cut off, or had two lengths.",
		Why:   notCORS + "The error is: {detail}.",
		Fix:   "Check that the port is the web server's. If it is, its log or a proxy's says what breaks the answer.",
	}, fetch.CodeInvalidResponse, fetch.CodeHeadersTooBig, "net::ERR_RESPONSE_HEADERS_TRUNCATED", "net::ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH")
	fault(&Cause{
		Slug:  "tls-untrusted-certificate",
		Title: "Browsers do not trust the certificate of {host}",
		When:  "The certificate is from an authority that is not trusted, or self-signed, or its chain is not complete.",
		Why:   notCORS + "The browser ends the connection before it sends the request.",
		Fix:   "Use a certificate of a public authority and send the intermediate certificates, too. For development, install the authority that signed it (mkcert does).",
	}, fetch.CodeCertAuthority, fetch.CodeCertInvalid)
	fault(&Cause{
		Slug:  "tls-expired-certificate",
		Title: "The certificate of {host} has expired, or is not valid yet",
		When:  "The current date is outside of the certificate's.",
		Why:   notCORS + "The browser ends the connection before it sends the request.",
		Fix:   "Renew the certificate and reload the server. If its dates are right, correct the clock of this machine.",
	}, "net::ERR_CERT_DATE_INVALID")
	fault(&Cause{
		Slug:  "tls-name-mismatch",
		Title: "The certificate is not for {host}",
		When:  "The certificate does not have the host's name, or the server has no site of that name.",
		Why:   notCORS + "The browser ends the connection before it sends the request.",
		Fix:   "Call the server by a name that its certificate has, or get a certificate with the name {host}.",
	}, fetch.CodeCertName, "net::ERR_SSL_UNRECOGNIZED_NAME_ALERT")
	fault(&Cause{
		Slug: "https-to-http-port", Confidence: likely,
		Title: "An https: URL goes to a port without TLS",
		When:  "The server does not speak TLS.",
		Why:   notCORS + "What came back is not TLS; most often the port is one of plain http.",
		Fix:   "Call the server by http:, or by the port that has TLS.",
	}, "net::ERR_SSL_PROTOCOL_ERROR")
	fault(&Cause{
		Slug:  "tls-handshake-failure",
		Title: "Browser and {host} do not agree on TLS",
		When:  "The server has only old versions or ciphers of TLS, or wants a client certificate.",
		Why:   notCORS + "The error is: {detail}.",
		Fix:   "Enable TLS 1.2 or 1.3 in the server. If it wants a client certificate, install one in the browser, and exempt OPTIONS: preflights never have one.",
	}, "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "net::ERR_BAD_SSL_CLIENT_AUTH_CERT")
}

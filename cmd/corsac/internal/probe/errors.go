package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"golang.org/x/net/http2"

	"github.com/corsac-dev/corsac/fetch"
)

// Names of Chromium's network errors that the engine itself never makes
// (https://source.chromium.org/chromium/chromium/src/+/main:net/base/net_error_list.h).
const (
	CodeCertDate           fetch.Code = "net::ERR_CERT_DATE_INVALID"
	CodeProtocol           fetch.Code = "net::ERR_SSL_PROTOCOL_ERROR"
	CodeVersion            fetch.Code = "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"
	CodeClientCert         fetch.Code = "net::ERR_BAD_SSL_CLIENT_AUTH_CERT"
	CodeServerName         fetch.Code = "net::ERR_SSL_UNRECOGNIZED_NAME_ALERT"
	CodeProxy              fetch.Code = "net::ERR_PROXY_CONNECTION_FAILED"
	CodeTunnel             fetch.Code = "net::ERR_TUNNEL_CONNECTION_FAILED"
	CodeAddressUnreachable fetch.Code = "net::ERR_ADDRESS_UNREACHABLE"
	CodeConnectTimeout     fetch.Code = "net::ERR_CONNECTION_TIMED_OUT"
	CodeHTTP2              fetch.Code = "net::ERR_HTTP2_PROTOCOL_ERROR"
	CodeTruncated          fetch.Code = "net::ERR_RESPONSE_HEADERS_TRUNCATED"
	CodeTwoLengths         fetch.Code = "net::ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH"
)

// The stage at which a request failed, which decides Chromium's name for the
// error.
var (
	errConnecting = errors.New("connect")
	errHandshake  = errors.New("TLS handshake")
	errProxy      = errors.New("proxy")
	errTunnel     = errors.New("tunnel")

	errNoClientCert = errors.New("the server wants a client certificate")
)

// codeOf returns Chromium's name for a failure.
func codeOf(err error) fetch.Code {
	var (
		frame http2.StreamError
		dns   *net.DNSError
	)
	switch {
	case errors.Is(err, errTunnel):
		return CodeTunnel
	case errors.Is(err, errProxy):
		return CodeProxy
	case errors.As(err, &dns) && !errors.Is(err, context.Canceled): // including timeouts of DNS
		return fetch.CodeNameNotResolved
	case isTimeout(err):
		if errors.Is(err, errConnecting) {
			return CodeConnectTimeout
		}
		return fetch.CodeTimedOut
	case errors.Is(err, context.Canceled):
		return fetch.CodeAborted
	case errors.Is(err, errNoHTTP2):
		return fetch.CodeALPN
	case errors.Is(err, errHeadTooBig):
		return fetch.CodeHeadersTooBig
	case errors.Is(err, errTruncated):
		return CodeTruncated
	case errors.Is(err, errTwoLengths):
		return CodeTwoLengths
	case errors.Is(err, errNotHTTP), errors.Is(err, errTooMany1xx):
		return fetch.CodeInvalidResponse
	case errors.As(err, &frame), errors.Is(err, errHTTP2):
		return CodeHTTP2
	case errors.Is(err, errHandshake):
		return codeOfTLS(err)
	case errors.Is(err, errNothingSent):
		return fetch.CodeEmptyResponse
	}
	return codeOfSocket(err)
}

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT)
}

func codeOfSocket(err error) fetch.Code {
	var alert *net.OpError
	switch {
	case errors.As(err, &alert) && alert.Op == "remote error": // in TLS 1.3, alerts may come after the handshake
		return codeOfAlert(alert)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fetch.CodeConnectionRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fetch.CodeConnectionReset
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return CodeAddressUnreachable
	}
	return fetch.CodeFailed
}

// codeOfTLS returns Chromium's name for a failed handshake.
func codeOfTLS(err error) fetch.Code {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		alert   *net.OpError
	)
	switch {
	case errors.As(err, &name):
		return fetch.CodeCertName
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return CodeCertDate
	case errors.As(err, &unknown):
		return fetch.CodeCertAuthority
	case errors.As(err, &invalid), errors.As(err, &verify):
		return fetch.CodeCertInvalid
	case errors.Is(err, errNoClientCert):
		return CodeClientCert
	case errors.As(err, &alert) && alert.Op == "remote error":
		return codeOfAlert(alert)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fetch.CodeConnectionClosed
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fetch.CodeConnectionReset
	}
	return CodeProtocol
}

// isAlert reports whether the other side sent a TLS alert.
func isAlert(err error) bool {
	var alert *net.OpError
	return errors.As(err, &alert) && alert.Op == "remote error"
}

// codeOfAlert returns Chromium's name for an alert from the server. The type of
// an alert is not exported, but its text is.
func codeOfAlert(alert *net.OpError) fetch.Code {
	switch strings.TrimPrefix(alert.Err.Error(), "tls: ") {
	case "handshake failure", "protocol version not supported", "insufficient security level":
		return CodeVersion
	case "bad certificate", "certificate required", "unknown certificate", "unknown certificate authority", "unsupported certificate":
		return CodeClientCert
	case "unrecognized name":
		return CodeServerName
	}
	return CodeProtocol
}

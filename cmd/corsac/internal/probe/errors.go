package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/corsac-dev/corsac/fetch"
)

// Names of Chromium's network errors that the engine itself never meets
// (https://source.chromium.org/chromium/chromium/src/+/main:net/base/net_error_list.h).
const (
	CodeCertDate           fetch.Code = "net::ERR_CERT_DATE_INVALID"
	CodeProtocol           fetch.Code = "net::ERR_SSL_PROTOCOL_ERROR"
	CodeProxy              fetch.Code = "net::ERR_PROXY_CONNECTION_FAILED"
	CodeAddressUnreachable fetch.Code = "net::ERR_ADDRESS_UNREACHABLE"
)

// codeOf names a failure as Chromium does.
func codeOf(err error) fetch.Code {
	switch {
	case errors.Is(err, errProxy):
		return CodeProxy
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return fetch.CodeTimedOut
	case errors.Is(err, context.Canceled):
		return fetch.CodeAborted
	case errors.Is(err, errNoHTTP2):
		return fetch.CodeALPN
	case errors.Is(err, errHeadTooBig):
		return fetch.CodeHeadersTooBig
	case errors.Is(err, errNotHTTP), errors.Is(err, errTooMany1xx), errors.Is(err, io.ErrUnexpectedEOF):
		return fetch.CodeInvalidResponse
	case errors.Is(err, errNothingSent), errors.Is(err, io.EOF):
		return fetch.CodeEmptyResponse
	}
	if code := codeOfTLS(err); code != "" {
		return code
	}
	return codeOfSocket(err)
}

func codeOfSocket(err error) fetch.Code {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		if dns.IsTimeout {
			return fetch.CodeTimedOut
		}
		return fetch.CodeNameNotResolved
	case errors.Is(err, syscall.ECONNREFUSED):
		return fetch.CodeConnectionRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fetch.CodeConnectionReset
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return CodeAddressUnreachable
	}
	return fetch.CodeFailed
}

func codeOfTLS(err error) fetch.Code {
	var (
		unknown   x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		permanent *tls.ECHRejectionError
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
	case errors.As(err, &record), errors.As(err, &alert), errors.As(err, &permanent):
		return CodeProtocol
	}
	return ""
}

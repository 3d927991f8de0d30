package localnet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"
)

// Reason says why there is no connection to a server, and what to do.
type Reason struct{ Why, Fix string }

// Explain returns the reason for the error of a request to address, host:port.
// For a server of this machine it looks for what else listens on that port.
func Explain(ctx context.Context, address string, err error) Reason {
	host, portText, _ := net.SplitHostPort(address)
	var private *PrivateError
	var dns *net.DNSError
	switch {
	case errors.As(err, &private) && isForbidden(private.Addr):
		return Reason{
			fmt.Sprintf("%s resolves to %s, where machines of a cloud get their credentials; no name may lead there", host, private.Addr),
			"correct the name, or write the address itself if you mean it",
		}
	case errors.As(err, &private):
		return Reason{
			private.Error() + "; corsac does not follow a public name there",
			"if it is yours, allow it: put ,private after the URL of --api, or private: true into the route",
		}
	case errors.As(err, &dns) && dns.IsNotFound:
		return Reason{fmt.Sprintf("the name %s does not resolve", host), "correct the name; if it is of a VPN, connect to that first"}
	case errors.As(err, &dns):
		return Reason{fmt.Sprintf("the name %s could not be resolved: %s", host, dns.Err), "see whether this machine is online"}
	case isRefused(err):
		return refused(ctx, host, portText)
	case isCertificate(err):
		return Reason{
			fmt.Sprintf("the certificate of %s is not trusted: %s", host, certificateText(err)),
			"if it is a certificate of your own, put ,insecure after the URL of --api, or insecure: true into the route",
		}
	case errors.As(err, new(tls.RecordHeaderError)), errors.Is(err, http.ErrSchemeMismatch):
		return Reason{address + " does not speak TLS", "write http:// in place of https:// for this server"}
	case isTimeout(err):
		return Reason{address + " does not answer", "see whether it is running, and whether a firewall or a VPN is in the way"}
	}
	return Reason{fmt.Sprintf("%s did not send a valid response: %v", address, err), "see its log"}
}

// refused explains that nothing listens at an address.
func refused(ctx context.Context, host, portText string) Reason {
	address := net.JoinHostPort(host, portText)
	if IsLocalhost(host) {
		return Reason{
			fmt.Sprintf("nothing listens on %s, neither on 127.0.0.1 nor on ::1", address),
			"start the server, or correct its port",
		}
	}
	why := "nothing listens on " + address
	a, err := netip.ParseAddr(host)
	if err != nil || !a.Unmap().IsLoopback() {
		return Reason{why, "start the server, or correct the address"}
	}
	var port uint16
	_, _ = fmt.Sscan(portText, &port)
	for _, other := range Listening(ctx, port) {
		if other.Addr() != a.Unmap() {
			return Reason{
				fmt.Sprintf("%s; something listens on %s", why, other),
				fmt.Sprintf("write localhost:%d in place of %s: corsac then tries both", port, address),
			}
		}
	}
	return Reason{why, "start the server, or correct its port"}
}

// connectionRefused is the error of Windows, whose number package syscall does not
// name on other systems.
const connectionRefused = syscall.Errno(10061)

func isRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, connectionRefused)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}

func isCertificate(err error) bool { return certificateText(err) != "" }

// certificateText returns what is wrong with a certificate, without what a reader
// cannot use, or "".
func certificateText(err error) string {
	var failed *tls.CertificateVerificationError
	if !errors.As(err, &failed) {
		return ""
	}
	if host := (x509.HostnameError{}); errors.As(err, &host) {
		return "it is for " + strings.Join(host.Certificate.DNSNames, ", ")
	}
	return strings.TrimPrefix(failed.Err.Error(), "x509: ")
}

package probe

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Settings say how servers are reached, with the names of curl's options.
type Settings struct {
	// Insecure accepts any certificate. CAFile names a file with the
	// authorities to trust instead of the system's.
	Insecure bool
	CAFile   string
	// ConnectTo are of the form HOST:PORT:IP:PORT, and Resolve of the form
	// HOST:PORT:IP.
	ConnectTo, Resolve []string
	// HTTP1 and HTTP2 restrict the version of HTTP.
	HTTP1, HTTP2 bool
	// MaxTime bounds each request, in seconds.
	MaxTime float64
}

// Check reports every mistake in the settings, by the names of curl's options.
func (s *Settings) Check() error {
	var errs []error
	if s.HTTP1 && s.HTTP2 {
		errs = append(errs, errors.New("--http1.1 and --http2 cannot be used together"))
	}
	if s.MaxTime <= 0 || s.MaxTime > 3600 {
		errs = append(errs, fmt.Errorf("--max-time %v is out of range; use more than 0 and at most 3600 seconds", s.MaxTime))
	}
	_, err := s.mappings()
	return errors.Join(append(errs, err)...)
}

// Network returns the network for the settings and the environment: its proxies
// and SSL_CERT_FILE.
func (s *Settings) Network(getenv func(string) string) (*Network, error) {
	n := &Network{
		TLS:     &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.Insecure}, //nolint:gosec // -k asks for it
		Timeout: time.Duration(s.MaxTime * float64(time.Second)),
		Proxy:   proxyFromEnvironment(getenv),
	}
	var err error
	if n.Map, err = s.mappings(); err != nil {
		return nil, err
	}
	switch {
	case s.HTTP1:
		n.Version = HTTP1
	case s.HTTP2:
		n.Version = HTTP2
	}
	file := cmp.Or(s.CAFile, getenv("SSL_CERT_FILE"))
	if file == "" {
		return n, nil
	}
	pem, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	n.TLS.RootCAs = x509.NewCertPool()
	if !n.TLS.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", file)
	}
	return n, nil
}

// maxPEM bounds a file of certificates, in bytes. That of a system has some
// hundred KiB.
const maxPEM = 16 << 20

func readPEM(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	pem, err := io.ReadAll(io.LimitReader(file, maxPEM+1))
	if err == nil && len(pem) > maxPEM {
		err = fmt.Errorf("%s has more than %d bytes", name, maxPEM)
	}
	return pem, err
}

// proxyFromEnvironment reads HTTP_PROXY and similar variables as curl does.
func proxyFromEnvironment(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	either := func(name string) string { return cmp.Or(getenv(name), getenv(strings.ToLower(name))) }
	config := httpproxy.Config{HTTPProxy: either("HTTP_PROXY"), HTTPSProxy: either("HTTPS_PROXY"), NoProxy: either("NO_PROXY")}
	if all := either("ALL_PROXY"); all != "" {
		config.HTTPProxy, config.HTTPSProxy = cmp.Or(config.HTTPProxy, all), cmp.Or(config.HTTPSProxy, all)
	}
	proxy := config.ProxyFunc()
	return func(u *url.URL) (*url.URL, error) {
		switch u.Scheme {
		case "ws", "wss":
			u = &url.URL{Scheme: strings.Replace(u.Scheme, "ws", "http", 1), Host: u.Host}
		}
		return proxy(u)
	}
}

func (s *Settings) mappings() (list []Mapping, err error) {
	for _, text := range s.ConnectTo {
		parts := splitColons(text)
		if len(parts) != 4 {
			return nil, fmt.Errorf("--connect-to %q is not HOST:PORT:IP:PORT", text)
		}
		list = append(list, Mapping{Host: parts[0], Port: parts[1], ToHost: parts[2], ToPort: parts[3]})
	}
	for _, text := range s.Resolve {
		parts := splitColons(text)
		if len(parts) != 3 || parts[0] == "" || parts[2] == "" {
			return nil, fmt.Errorf("--resolve %q is not HOST:PORT:IP", text)
		}
		list = append(list, Mapping{Host: parts[0], Port: parts[1], ToHost: parts[2]})
	}
	return list, nil
}

// splitColons splits at colons, except inside the brackets of an IPv6 address,
// and removes the brackets.
func splitColons(s string) (parts []string) {
	var b strings.Builder
	inside := false
	for _, r := range s {
		switch {
		case r == '[':
			inside = true
		case r == ']':
			inside = false
		case r == ':' && !inside:
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	return append(parts, b.String())
}

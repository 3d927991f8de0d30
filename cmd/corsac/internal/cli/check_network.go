package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/net/http/httpproxy"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
)

// networkFlags are the flags that say how servers are reached.
type networkFlags struct {
	insecure     bool
	caFile       string
	connectTo    []string
	resolve      []string
	http1, http2 bool
	maxTime      float64
}

func (f *networkFlags) register(flags *pflag.FlagSet) {
	flags.BoolVarP(&f.insecure, "insecure", "k", false, "take any certificate")
	flags.StringVar(&f.caFile, "cacert", "", "trust the authorities in a PEM `FILE` instead of the system's")
	flags.StringArrayVar(&f.connectTo, "connect-to", nil, "connect elsewhere: `HOST:PORT:IP:PORT`; the host counts as public; repeatable")
	flags.StringArrayVar(&f.resolve, "resolve", nil, "the address of a host: `HOST:PORT:IP`; repeatable")
	flags.BoolVar(&f.http1, "http1.1", false, "speak HTTP/1.1 only")
	flags.BoolVar(&f.http2, "http2", false, "speak HTTP/2 only, over TLS")
	flags.Float64VarP(&f.maxTime, "max-time", "m", 30, "give each request so many `SECONDS`")
}

func (f *networkFlags) check() error {
	var errs []error
	if f.http1 && f.http2 {
		errs = append(errs, errors.New("--http1.1 and --http2 exclude each other"))
	}
	if f.maxTime <= 0 || f.maxTime > 3600 {
		errs = append(errs, fmt.Errorf("--max-time %v is not between 0 and 3600 seconds", f.maxTime))
	}
	if _, err := f.mappings(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// network returns how servers are reached.
func (f *networkFlags) network(getenv func(string) string) (*probe.Network, error) {
	n := &probe.Network{
		TLS:     &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: f.insecure}, //nolint:gosec // -k asks for it
		Timeout: time.Duration(f.maxTime * float64(time.Second)),
		Proxy:   proxyFromEnvironment(getenv),
	}
	var err error
	if n.Map, err = f.mappings(); err != nil {
		return nil, err
	}
	switch {
	case f.http1:
		n.Version = probe.HTTP1
	case f.http2:
		n.Version = probe.HTTP2
	}
	if file := firstOf(f.caFile, getenv("SSL_CERT_FILE")); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		n.TLS.RootCAs = x509.NewCertPool()
		if !n.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate in PEM form", file)
		}
	}
	return n, nil
}

// proxyFromEnvironment reads HTTP_PROXY and the like as curl does.
func proxyFromEnvironment(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	either := func(name string) string { return firstOf(getenv(name), getenv(strings.ToLower(name))) }
	config := httpproxy.Config{HTTPProxy: either("HTTP_PROXY"), HTTPSProxy: either("HTTPS_PROXY"), NoProxy: either("NO_PROXY")}
	if all := either("ALL_PROXY"); all != "" {
		config.HTTPProxy, config.HTTPSProxy = firstOf(config.HTTPProxy, all), firstOf(config.HTTPSProxy, all)
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

func (f *networkFlags) mappings() (list []probe.Mapping, err error) {
	for _, s := range f.connectTo {
		parts := splitColons(s)
		if len(parts) != 4 {
			return nil, fmt.Errorf("--connect-to %q is not HOST:PORT:IP:PORT", s)
		}
		list = append(list, probe.Mapping{Host: parts[0], Port: parts[1], ToHost: parts[2], ToPort: parts[3]})
	}
	for _, s := range f.resolve {
		parts := splitColons(s)
		if len(parts) != 3 || parts[0] == "" || parts[2] == "" {
			return nil, fmt.Errorf("--resolve %q is not HOST:PORT:IP", s)
		}
		list = append(list, probe.Mapping{Host: parts[0], Port: parts[1], ToHost: parts[2]})
	}
	return list, nil
}

// splitColons splits at colons, except in the brackets of an IPv6 address, which
// are removed.
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

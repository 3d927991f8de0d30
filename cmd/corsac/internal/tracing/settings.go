package tracing

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// settings are where spans are sent, and how.
type settings struct {
	url      *url.URL
	header   http.Header
	timeout  time.Duration // of a request
	compress bool
	tls      *tls.Config
}

// settingsFrom reads the environment. The settings are nil if it does not ask for traces.
func settingsFrom(getenv func(string) string) (*settings, error) {
	endpoint, exact := getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	switch exporter := getenv("OTEL_TRACES_EXPORTER"); {
	case strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true"), exporter == "none", exporter == "" && endpoint == "" && exact == "":
		return nil, nil //nolint:nilnil // traces are off
	case exporter != "" && exporter != "otlp":
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER is %q; write otlp or none", exporter)
	}
	get := func(name string) string {
		if value := getenv("OTEL_EXPORTER_OTLP_TRACES_" + name); value != "" {
			return value
		}
		return getenv("OTEL_EXPORTER_OTLP_" + name)
	}
	if protocol := get("PROTOCOL"); protocol != "" && protocol != "http/protobuf" {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q; write http/protobuf, and the port of the collector for it, which is 4318 as a rule", protocol)
	}
	s := &settings{timeout: 10 * time.Second, header: http.Header{}}
	var errs [5]error
	s.url, errs[0] = urlOf(endpoint, exact)
	errs[1] = s.setTimeout(get("TIMEOUT"))
	switch compression := get("COMPRESSION"); compression {
	case "", "none":
	case "gzip":
		s.compress = true
	default:
		errs[2] = fmt.Errorf("OTEL_EXPORTER_OTLP_COMPRESSION is %q; write gzip or none", compression)
	}
	errs[3] = s.setHeaders(get("HEADERS"))
	errs[4] = s.setTLS(get("CERTIFICATE"), get("CLIENT_CERTIFICATE"), get("CLIENT_KEY"))
	return s, errors.Join(errs[:]...)
}

// urlOf returns the URL of the collector: exact as it is, or that below an endpoint.
func urlOf(endpoint, exact string) (*url.URL, error) {
	name, text := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", exact
	if exact == "" {
		name, text = "OTEL_EXPORTER_OTLP_ENDPOINT", endpoint
		if endpoint == "" {
			text = "http://localhost:4318"
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%s is not an http or https URL; write one such as http://localhost:4318", name) // it may have a password
	}
	if exact == "" {
		u = u.JoinPath("v1", "traces")
	}
	return u, nil
}

func (s *settings) setTimeout(text string) error {
	if text == "" {
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		return fmt.Errorf("OTEL_EXPORTER_OTLP_TIMEOUT is %q; write milliseconds, such as 10000", text)
	}
	s.timeout = time.Duration(n) * time.Millisecond
	return nil
}

// setHeaders reads key=value pairs between commas, in the form of URLs. Errors do not
// show them, since they are secrets as a rule.
func (s *settings) setHeaders(text string) error {
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return errors.New("OTEL_EXPORTER_OTLP_HEADERS is not a list of headers; write name=value,name=value")
		}
		s.header.Add(name, value)
	}
	return nil
}

func (s *settings) setTLS(roots, certificate, key string) error {
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	if roots != "" {
		text, err := os.ReadFile(roots)
		if err != nil {
			return fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %w", err)
		}
		s.tls.RootCAs = x509.NewCertPool()
		if !s.tls.RootCAs.AppendCertsFromPEM(text) {
			return fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %q has no certificate", roots)
		}
	}
	if certificate == "" && key == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return fmt.Errorf("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: %w", err)
	}
	s.tls.Certificates = []tls.Certificate{pair}
	return nil
}

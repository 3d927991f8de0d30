package extproc

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	modev3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"golang.org/x/net/http/httpguts"
)

// maxFields bounds the fields of a header. Envoy has at most 100 by default.
const maxFields = 10000

// fieldsOf returns the fields of a header, and those whose names begin with a colon.
func fieldsOf(m *extprocv3.HttpHeaders) (fields http.Header, pseudo map[string]string, err error) {
	list := m.GetHeaders().GetHeaders()
	if len(list) > maxFields {
		return nil, nil, fmt.Errorf("a header has %d fields; at most %d", len(list), maxFields)
	}
	fields, pseudo = make(http.Header, len(list)), map[string]string{}
	for _, f := range list {
		name, value := f.GetKey(), cmp.Or(string(f.GetRawValue()), f.GetValue())
		if strings.HasPrefix(name, ":") {
			if _, twice := pseudo[name]; twice {
				return nil, nil, fmt.Errorf("%.20q is there twice", name)
			}
			pseudo[name] = value
			continue
		}
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, nil, fmt.Errorf("%.20q is not a field of a header", name)
		}
		fields[http.CanonicalHeaderKey(name)] = append(fields[http.CanonicalHeaderKey(name)], value)
	}
	return fields, pseudo, nil
}

// requestOf returns the request whose header Envoy sends. It is malformed if no server
// of net/http would take its path.
func requestOf(ctx context.Context, m *extprocv3.HttpHeaders) (r *http.Request, malformed bool, err error) {
	fields, pseudo, err := fieldsOf(m)
	if err != nil {
		return nil, false, err
	}
	method, path := pseudo[":method"], pseudo[":path"]
	switch {
	case !httpguts.ValidHeaderFieldName(method): // it is a token, too
		return nil, false, errors.New("the request has no :method")
	case path == "" && method != http.MethodConnect:
		return nil, false, errors.New("the request has no :path")
	}
	r = (&http.Request{
		Method: method, RequestURI: path, URL: &url.URL{Path: path}, Host: pseudo[":authority"], Header: fields, Body: http.NoBody,
		Proto: "HTTP/2.0", ProtoMajor: 2,
	}).WithContext(ctx)
	if pseudo[":scheme"] == "https" {
		r.TLS = &tls.ConnectionState{} // which Envoy has ended
	}
	if method == http.MethodConnect && path == "" {
		return r, false, nil
	}
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return r, true, nil //nolint:nilerr // the page gets a response that says so
	}
	r.URL = u
	return r, false, nil
}

// SourceAddress is the attribute with the address of the client, by Envoy's own rules
// about proxies.
const SourceAddress = "source.address"

// filter is what Envoy calls the filter that sends attributes.
const filter = "envoy.filters.http.ext_proc"

// clientOf returns the address of the client, or "" if Envoy does not say it. Headers such
// as X-Forwarded-For do not count: how many of their addresses are those of proxies, only
// Envoy knows.
func clientOf(m *extprocv3.ProcessingRequest) string {
	text := m.GetAttributes()[filter].GetFields()[SourceAddress].GetStringValue()
	client, err := netip.ParseAddrPort(text)
	if err != nil { // such as a socket of the file system
		return ""
	}
	return netip.AddrPortFrom(client.Addr().Unmap(), client.Port()).String()
}

// responseOf returns the header and the status of the response that Envoy sends.
func responseOf(m *extprocv3.HttpHeaders) (http.Header, int, error) {
	fields, pseudo, err := fieldsOf(m)
	if err != nil {
		return nil, 0, err
	}
	status, err := strconv.Atoi(pseudo[":status"])
	if err != nil || status < 100 || status > 999 {
		return nil, 0, errors.New("the response has no :status")
	}
	return fields, status, nil
}

// changes returns what turns one header into another. Envoy removes before it sets.
func changes(from, to http.Header) *extprocv3.HeaderMutation {
	m := &extprocv3.HeaderMutation{}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		if _, stays := to[name]; !stays {
			m.RemoveHeaders = append(m.RemoveHeaders, strings.ToLower(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(to)) {
		if !slices.Equal(from[name], to[name]) {
			m.SetHeaders = append(m.SetHeaders, set(name, to[name]))
		}
	}
	if len(m.GetRemoveHeaders())+len(m.GetSetHeaders()) == 0 {
		return nil
	}
	return m
}

// set replaces a header. The policies set lists, whose lines can be joined.
func set(name string, lines []string) *corev3.HeaderValueOption {
	return &corev3.HeaderValueOption{
		Header:       &corev3.HeaderValue{Key: strings.ToLower(name), RawValue: []byte(strings.Join(lines, ", "))},
		AppendAction: corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
	}
}

func changeRequest(from, to http.Header) *extprocv3.ProcessingResponse {
	return &extprocv3.ProcessingResponse{Response: &extprocv3.ProcessingResponse_RequestHeaders{
		RequestHeaders: &extprocv3.HeadersResponse{Response: &extprocv3.CommonResponse{HeaderMutation: changes(from, to)}},
	}}
}

func changeResponse(from, to http.Header) *extprocv3.ProcessingResponse {
	return &extprocv3.ProcessingResponse{Response: &extprocv3.ProcessingResponse_ResponseHeaders{
		ResponseHeaders: &extprocv3.HeadersResponse{Response: &extprocv3.CommonResponse{HeaderMutation: changes(from, to)}},
	}}
}

// modeOverride returns the mode in which Envoy sends headers only, if it is configured to
// send bodies, too; nil otherwise. Envoy need not follow.
func modeOverride(c *extprocv3.ProtocolConfiguration) *modev3.ProcessingMode {
	if c.GetRequestBodyMode() == modev3.ProcessingMode_NONE && c.GetResponseBodyMode() == modev3.ProcessingMode_NONE {
		return nil
	}
	return &modev3.ProcessingMode{
		RequestHeaderMode: modev3.ProcessingMode_SEND, ResponseHeaderMode: modev3.ProcessingMode_SEND,
		RequestBodyMode: modev3.ProcessingMode_NONE, ResponseBodyMode: modev3.ProcessingMode_NONE,
		RequestTrailerMode: modev3.ProcessingMode_SKIP, ResponseTrailerMode: modev3.ProcessingMode_SKIP,
	}
}

// maxBody bounds the body of the gateway's own answers, which are short.
const maxBody = 64 << 10

// answer keeps what the gateway writes.
type answer struct {
	header http.Header
	status int
	body   []byte
}

// Header implements [http.ResponseWriter].
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	if a.status < 200 {
		a.status = status
	}
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, p[:min(len(p), maxBody-len(a.body))]...)
	return len(p), nil
}

// immediate returns the answer as what Envoy sends instead of forwarding the request.
func (a *answer) immediate() *extprocv3.ProcessingResponse {
	a.header.Del("Content-Length") // Envoy sets it
	return &extprocv3.ProcessingResponse{Response: &extprocv3.ProcessingResponse_ImmediateResponse{
		ImmediateResponse: &extprocv3.ImmediateResponse{
			Status:  &typev3.HttpStatus{Code: typev3.StatusCode(cmp.Or(a.status, http.StatusOK))},
			Headers: changes(nil, a.header), Body: a.body, Details: "corsac",
		},
	}}
}

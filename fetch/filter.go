package fetch

import "slices"

// isForbiddenResponseHeader reports whether script can never read a header
// (https://fetch.spec.whatwg.org/#forbidden-response-header-name). name is in
// lower case.
func isForbiddenResponseHeader(name string) bool {
	return name == "set-cookie" || name == "set-cookie2"
}

// isSafelistedResponseHeader reports whether script can read a header even if
// it is not exposed
// (https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name). name
// is in lower case.
func isSafelistedResponseHeader(name string) bool {
	switch name {
	case "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma":
		return true
	}
	return false
}

// exposed is a CORS-exposed header-name list
// (https://fetch.spec.whatwg.org/#concept-response-cors-exposed-header-name-list).
type exposed struct {
	names []string
	star  bool
}

// exposedNames reads Access-Control-Expose-Headers. A malformed list exposes
// nothing.
func exposedNames(list Headers, c Credentials) exposed {
	value, n := list.get("Access-Control-Expose-Headers")
	if n == 0 {
		return exposed{}
	}
	names, _, ok := parseTokenList(value)
	if !ok {
		return exposed{}
	}
	return exposed{names, c != CredentialsInclude && contains(names, "*")}
}

// has reports whether script can read a header. name is in lower case.
func (e *exposed) has(name string) bool {
	return !isForbiddenResponseHeader(name) && (e.star || isSafelistedResponseHeader(name) || containsFold(e.names, name))
}

// isOpaqueRedirect reports whether script gets an opaque-redirect filtered
// response.
func (m *machine) isOpaqueRedirect(resp *WireResponse) bool {
	return m.req.redirect == redirectManual && isRedirectStatus(resp.Status)
}

// filter returns the filtered response for the response tainting
// (https://fetch.spec.whatwg.org/#concept-filtered-response).
func (m *machine) filter(resp *WireResponse) *Response {
	if m.taint == TypeOpaque {
		return &Response{Type: TypeOpaque}
	}
	url := m.href
	if m.isOpaqueRedirect(resp) {
		return &Response{Type: TypeOpaqueRedirect, URL: url, Redirected: m.hop > 0}
	}
	r := &Response{Type: m.taint, Status: resp.Status, URL: url, Redirected: m.hop > 0}
	var e exposed
	if m.taint == TypeCORS {
		e = exposedNames(resp.Headers, m.req.credentials)
	}
	list := make(Headers, 0, len(resp.Headers))
	for _, h := range resp.Headers {
		name := lower(h.Name)
		if m.taint == TypeCORS && !e.has(name) || isForbiddenResponseHeader(name) {
			continue
		}
		list = append(list, Header{name, h.Value})
	}
	for i := range list {
		list[i].Value = trimOWS(list[i].Value)
	}
	if m.r.ignoreEmptyLines {
		list = withoutEmptyRepeats(list)
	}
	r.Headers = sortAndCombine(list)
	return r
}

// withoutEmptyRepeats removes, in place, lines without a value that share their
// name, in lower case, with another line. At least one of each name stays.
func withoutEmptyRepeats(list Headers) Headers {
	lines := map[string]int{}
	for _, h := range list {
		lines[h.Name]++
	}
	return slices.DeleteFunc(list, func(h Header) bool {
		if h.Value != "" || lines[h.Name] == 1 {
			return false
		}
		lines[h.Name]--
		return true
	})
}

package fetch

import "strings"

// checkModes refuses values that the members of RequestInit, or the attributes
// of an element, cannot have (https://fetch.spec.whatwg.org/#dom-request).
func (m *machine) checkModes(in *Request) *thrown {
	q := &m.req
	switch q.mode {
	case ModeCORS, ModeNoCORS, ModeSameOrigin:
	case ModeWebSocket:
		if q.dest != DestinationWebSocket {
			return m.typeError("mode " + string(q.mode) + " is only for WebSockets")
		}
	default:
		return m.typeError("Cannot construct a Request with a RequestInit whose mode member is set as '" + abridge(string(q.mode)) + "'.")
	}
	if t := m.checkEnums(in); t != nil {
		return t
	}
	if q.cache == cacheOnlyIfCached && q.mode != ModeSameOrigin {
		return m.typeError("'only-if-cached' can be set only with 'same-origin' mode")
	}
	if in.ReferrerPolicy != "" {
		p, ok := parseReferrerPolicy(in.ReferrerPolicy)
		if !ok {
			return m.typeError("The provided value '" + abridge(in.ReferrerPolicy) + "' is not a valid referrer policy.")
		}
		q.referrer = p
	}
	if q.dest == DestinationFetch && in.streams() && !m.r.streamsAsText && q.mode == ModeNoCORS {
		return m.typeError(`If request is made from ReadableStream, mode should be"same-origin" or "cors"`)
	}
	return nil
}

// checkEnums refuses members of RequestInit with an unknown value
// (https://webidl.spec.whatwg.org/#js-enumeration).
func (m *machine) checkEnums(in *Request) *thrown {
	if m.req.dest != DestinationFetch {
		return nil
	}
	for _, e := range []struct{ member, kind, value, values string }{
		{"credentials", "RequestCredentials", string(in.Credentials), " omit same-origin include "},
		{"redirect", "RequestRedirect", in.Redirect, " follow error manual "},
		{"cache", "RequestCache", in.Cache, " default no-store reload no-cache force-cache only-if-cached "},
	} {
		if e.value != "" && !strings.Contains(e.values, " "+e.value+" ") {
			return m.typeError("Failed to read the '" + e.member + "' property from 'RequestInit': The provided value '" +
				abridge(e.value) + "' is not a valid enum value of type " + e.kind + ".")
		}
	}
	return nil
}

func (m *machine) checkMethod() *thrown {
	q := &m.req
	switch {
	case !isToken(q.method):
		return m.typeError("'" + abridge(q.method) + "' is not a valid HTTP method.")
	case isForbiddenMethod(q.method):
		return m.typeError("'" + q.method + "' HTTP method is unsupported.")
	}
	q.method = normalizeMethod(q.method)
	if q.mode == ModeNoCORS && !isSafelistedMethod(q.method) {
		return m.typeError("'" + abridge(q.method) + "' is unsupported in no-cors mode.")
	}
	return nil
}

// abridge cuts what a message shows of a value.
func abridge(s string) string {
	if len(s) <= 1024 {
		return s
	}
	return s[:1024] + "…"
}

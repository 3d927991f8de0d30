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
			return m.throw("mode "+string(q.mode)+" is only for WebSockets", "Invalid request mode "+string(q.mode)+".")
		}
	case "navigate":
		return m.throw("Cannot construct a Request with a RequestInit whose mode member is set as 'navigate'.", "Invalid request mode navigate.")
	default:
		return m.throwEnum("mode", "RequestMode", string(q.mode))
	}
	if t := m.checkEnums(in); t != nil {
		return t
	}
	if q.cache == cacheOnlyIfCached && q.mode != ModeSameOrigin {
		return m.throw("'only-if-cached' can be set only with 'same-origin' mode", "Request mode '"+string(q.mode)+
			"' was used, but request cache mode 'only-if-cached' can only be used with request mode 'same-origin'.")
	}
	if in.ReferrerPolicy != "" {
		p, ok := parseReferrerPolicy(in.ReferrerPolicy)
		if !ok {
			return m.throwEnum("referrerPolicy", "ReferrerPolicy", in.ReferrerPolicy)
		}
		q.referrer = p
	}
	if q.dest == DestinationFetch && in.streams() && !m.r.streamsAsText && q.mode == ModeNoCORS {
		const text = `If request is made from ReadableStream, mode should be"same-origin" or "cors"`
		return m.throw(text, text)
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
			return m.throwEnum(e.member, e.kind, e.value)
		}
	}
	return nil
}

// throwEnum returns the exception for a member of RequestInit with an unknown
// value.
func (m *machine) throwEnum(member, kind, value string) *thrown {
	value = abridge(value)
	return m.throw("Failed to read the '"+member+"' property from 'RequestInit': The provided value '"+value+"' is not a valid enum value of type "+kind+".",
		"'"+value+"' (value of '"+member+"' member of RequestInit) is not a valid value for enumeration "+kind+".")
}

func (m *machine) checkMethod() *thrown {
	q := &m.req
	switch {
	case !isToken(q.method):
		return m.throwMethod(syntaxOf(q.dest), q.method, "is not a valid HTTP method.")
	case isForbiddenMethod(q.method):
		name := typeError
		if q.dest == DestinationXHR {
			name = securityError
		}
		return m.throwMethod(name, q.method, "HTTP method is unsupported.")
	}
	q.method = normalizeMethod(q.method)
	if q.mode == ModeNoCORS && !isSafelistedMethod(q.method) {
		return m.throwMethod(typeError, q.method, "is unsupported in no-cors mode.")
	}
	return nil
}

// syntaxOf returns the name of the exception for a malformed argument.
func syntaxOf(d Destination) string {
	if d == DestinationXHR {
		return syntaxError
	}
	return typeError
}

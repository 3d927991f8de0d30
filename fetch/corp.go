package fetch

import "strings"

// EmbedderPolicy is the value of a page's Cross-Origin-Embedder-Policy
// (https://html.spec.whatwg.org/#embedder-policy-value). Empty means
// unsafe-none.
type EmbedderPolicy string

// The embedder policies.
const (
	EmbedderUnsafeNone     EmbedderPolicy = "unsafe-none"
	EmbedderRequireCORP    EmbedderPolicy = "require-corp"
	EmbedderCredentialless EmbedderPolicy = "credentialless"
)

// ParseEmbedderPolicy returns the policy that a response's headers set
// (https://html.spec.whatwg.org/#obtain-an-embedder-policy), and the one that
// is only reported. Both are unsafe-none unless the header is one token that
// names another, in lower case, with or without parameters.
func ParseEmbedderPolicy(headers Headers) (enforced, reported EmbedderPolicy) {
	return embedderPolicyOf(headers.Get("Cross-Origin-Embedder-Policy")),
		embedderPolicyOf(headers.Get("Cross-Origin-Embedder-Policy-Report-Only"))
}

func embedderPolicyOf(value string) EmbedderPolicy {
	token, parameters, _ := strings.Cut(value, ";")
	token = strings.Trim(token, " ")
	if !areParameters(parameters) {
		return EmbedderUnsafeNone
	}
	switch p := EmbedderPolicy(token); p {
	case EmbedderRequireCORP, EmbedderCredentialless:
		return p
	}
	return EmbedderUnsafeNone
}

// areParameters reports whether s can be what follows the first semicolon of an
// item (RFC 9651 §3.1.2): a comma outside a string begins another item, which
// makes the header invalid.
func areParameters(s string) bool {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return false
		}
	}
	return !quoted
}

// checkCORP is the cross-origin resource policy check of a no-cors response
// (https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check).
func (m *machine) checkCORP(resp *WireResponse) *Error {
	policy, _ := resp.Headers.get("Cross-Origin-Resource-Policy")
	code := Code("")
	switch policy {
	case "cross-origin":
		return nil
	case "same-origin":
		code = codeNotSameOrigin
		if m.page.origin.SameOrigin(m.origin) {
			return nil
		}
	case "same-site":
		code = codeNotSameSite
		if m.corpSameSite() {
			return nil
		}
	default:
		unknown := policy != "" && m.r.load.unknownCORP
		if !m.embedderRefuses() || unknown || m.page.origin.SameOrigin(m.origin) {
			return nil
		}
		code = CodeNotSameOriginByCOEP
	}
	e := m.fail(code, "cross-origin-resource-policy-internal-check")
	e.Reason, e.value = ReasonCORP, policy
	return e
}

// sendsCredentials reports whether the current request has credentials. A page
// with the embedder policy credentialless sends none to other origins in no-cors
// mode (https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials).
func (m *machine) sendsCredentials() bool {
	q := &m.req
	if m.taint == TypeOpaque && m.page.cfg.EmbedderPolicy == EmbedderCredentialless {
		return false
	}
	return q.credentials == CredentialsInclude || q.credentials == CredentialsSameOrigin && m.taint == TypeBasic
}

// embedderRefuses reports whether the page's embedder policy demands that a
// response without a policy of its own is of the page's origin.
func (m *machine) embedderRefuses() bool {
	switch m.page.cfg.EmbedderPolicy {
	case EmbedderRequireCORP:
		return true
	case EmbedderCredentialless:
		return m.sendsCredentials()
	}
	return false
}

// checkWorkerEmbedder refuses the script of a dedicated worker that has no
// embedder policy while its page has one
// (https://html.spec.whatwg.org/#check-a-global-object's-embedder-policy).
func (m *machine) checkWorkerEmbedder(resp *WireResponse) *Error {
	own, _ := ParseEmbedderPolicy(resp.Headers)
	page := m.page.cfg.EmbedderPolicy
	if m.req.dest != DestinationWorker || page == "" || page == EmbedderUnsafeNone || own != EmbedderUnsafeNone {
		return nil
	}
	e := m.fail(codeBlockedByResponse, "concept-main-fetch")
	e.Reason = ReasonEmbedder
	return e
}

func (m *machine) corpSameSite() bool {
	p := m.page.origin
	if m.r.corpPrecursor {
		p = m.page.source
	}
	if p.IsOpaque() || m.origin.IsOpaque() {
		return false
	}
	// An insecure page does not get a secure response of its own site; a secure
	// page does get an insecure one.
	if p.Scheme() == "http" && m.origin.Scheme() == "https" {
		return false
	}
	if p.Host() == m.origin.Host() {
		return true
	}
	a, aOK := p.RegistrableDomain()
	b, bOK := m.origin.RegistrableDomain()
	return aOK && bOK && a == b
}

package fetch

// checkCORP is the cross-origin resource policy check of a no-cors response,
// without an embedder policy
// (https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check).
func (m *machine) checkCORP(resp *WireResponse) *Error {
	policy, _ := resp.Headers.get("Cross-Origin-Resource-Policy")
	code := Code("")
	switch policy {
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
		return nil
	}
	e := m.fail(code, "cross-origin-resource-policy-internal-check")
	e.Reason, e.value = ReasonCORP, policy
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

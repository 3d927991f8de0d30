package fetch

import (
	"net/netip"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// AddressSpaceFunc returns the address space that a host name resolves to.
type AddressSpaceFunc func(host string) origin.AddressSpace

// badPorts are the ports that browsers refuse
// (https://fetch.spec.whatwg.org/#bad-port).
var badPorts = func() map[int]bool {
	set := map[int]bool{}
	for _, p := range []int{
		0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
		110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
		532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
		5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
	} {
		set[p] = true
	}
	return set
}()

func isBadPort(port int) bool { return port >= 0 && badPorts[port] }

// targetSpace returns the address space of the current URL.
func (m *machine) targetSpace() origin.AddressSpace {
	space := m.origin.AddressSpace()
	if space == origin.SpaceUnknown && m.b.cfg.AddressSpace != nil && !m.origin.IsOpaque() {
		space = m.b.cfg.AddressSpace(m.origin.Host())
	}
	return space
}

// checkMixedContent refuses plain http on a secure page
// (https://w3c.github.io/webappsec-mixed-content/#should-block-fetch). It
// leaves hosts that are certainly on this machine or the local network to Local
// Network Access, if the profile has it.
func (m *machine) checkMixedContent() *Error {
	if m.page.source.Scheme() != "https" || m.url.Scheme != "http" || m.origin.PotentiallyTrustworthy() {
		return nil
	}
	if m.upgradable() {
		u := *m.url
		u.Scheme = "https"
		m.setURL(&u)
		if m.tracing {
			m.step("concept-main-fetch", true, "mixed content: upgraded to %s", m.url)
		}
		return nil
	}
	if m.r.localNetworkAccess && m.declaredLocal() {
		return nil
	}
	e := m.refuse(ReasonMixedContent, "concept-main-fetch")
	if m.hop > 0 && m.r.blinkRedirects {
		e.Code = CodeAborted
	}
	return e
}

// upgradable reports whether a request is made over https instead: that of an
// image without CORS, unless its host is an IP address
// (https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm).
func (m *machine) upgradable() bool {
	if m.req.dest != DestinationImage || m.req.mode != ModeNoCORS || strings.HasPrefix(m.url.Host, "[") {
		return false
	}
	_, err := netip.ParseAddr(m.url.Host)
	return err != nil
}

// declaredLocal reports whether Local Network Access exempts a request from the
// mixed content check: to a private address, a .local name, or with fetch's
// targetAddressSpace.
func (m *machine) declaredLocal() bool {
	if m.req.space >= origin.SpaceLocal || strings.HasSuffix(strings.TrimSuffix(m.url.Host, "."), ".local") {
		return true
	}
	return m.origin.AddressSpace() >= origin.SpaceLocal
}

// checkLocalNetwork is Local Network Access as Chromium enforces it
// (https://wicg.github.io/local-network-access/): to reach local and loopback
// addresses, a public page must have permission and be a secure context.
func (m *machine) checkLocalNetwork() *Error {
	if !m.r.localNetworkAccess || m.page.space != origin.SpacePublic {
		return nil
	}
	space := m.targetSpace()
	granted := false
	switch space {
	case origin.SpaceLocal:
		granted = m.page.cfg.GrantLocal
	case origin.SpaceLoopback:
		granted = m.page.cfg.GrantLoopback
	case origin.SpaceUnknown, origin.SpacePublic:
		return nil
	}
	code := CodeLocalNetworkAccessPermissionDenied
	switch {
	case !m.page.secure:
		code = CodeInsecureLocalNetwork
	case granted:
		if m.tracing {
			m.step("concept-main-fetch", true, "local network access: permission for the %s address space is granted", space)
		}
		return nil
	}
	e := m.fail(code, "concept-main-fetch")
	e.space = space.String()
	return e
}

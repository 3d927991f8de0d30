// Package cookie reads Set-Cookie lines as browsers do.
package cookie

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

var errNoCookie = errors.New("a cookie has a name or a value, without control characters")

// Parse reads a Set-Cookie line (RFC 6265bis §5.6). Unlike
// [http.ParseSetCookie], it takes names and values as they are: any bytes but
// the semicolon, quotes included. A line without an equals sign is a value
// without a name. The error says that the line holds no cookie, as every line
// with a control character other than tab.
func Parse(line string) (*http.Cookie, error) {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		name, value = "", pair
	}
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	isControl := func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }
	if name == "" && value == "" || strings.ContainsFunc(line, isControl) {
		return nil, errNoCookie
	}
	c, _ := http.ParseSetCookie("n=v;" + attributes) // which reads attributes as browsers do, and refuses none
	c.Name, c.Value, c.Raw = name, value, line
	return c, nil
}

// The names of cookies that load balancers, CDNs and firewalls set for themselves,
// and their beginnings.
var (
	infrastructure = []string{
		"AWSALB", "AWSALBCORS", "AWSALBTG", "AWSALBTGCORS", "AWSELB", "AWSELBCORS", "GCLB", "ARRAffinity", "ARRAffinitySameSite",
		"ApplicationGatewayAffinity", "ApplicationGatewayAffinityCORS", "INGRESSCOOKIE", "SERVERID", "__cf_bm", "__cflb", "__cfruid", "_cfuvid",
		"cf_clearance", "ak_bmsc", "bm_mi", "bm_sv", "bm_sz", "_abck", "datadome", "reese84",
	}
	infrastructurePrefixes = []string{"BIGipServer", "incap_ses_", "visid_incap_", "nlbi_", "NSC_"}
)

// IsInfrastructure reports whether a name is that of a cookie that a load balancer,
// CDN or firewall adds to responses. Applications do not depend on it, and some of
// these come in pairs, of which one is for browsers that do not know SameSite=None.
func IsInfrastructure(name string) bool {
	return slices.Contains(infrastructure, name) ||
		slices.ContainsFunc(infrastructurePrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

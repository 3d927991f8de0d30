// Package protocol has the names of the CORS protocol, and reads what responses say
// in it. It decides nothing: that is for package fetch, which shares no code with it.
package protocol

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// The headers of the CORS protocol, but for Origin.
const (
	AllowOrigin      = "Access-Control-Allow-Origin"
	AllowCredentials = "Access-Control-Allow-Credentials"
	AllowMethods     = "Access-Control-Allow-Methods"
	AllowHeaders     = "Access-Control-Allow-Headers"
	ExposeHeaders    = "Access-Control-Expose-Headers"
	MaxAge           = "Access-Control-Max-Age"
	RequestMethod    = "Access-Control-Request-Method"
	RequestHeaders   = "Access-Control-Request-Headers"
)

// IsSafelisted reports whether a method needs no entry in Access-Control-Allow-Methods.
func IsSafelisted(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodPost
}

// Entries returns the entries of a list header, without those that are empty.
func Entries(value string) (list []string) {
	for v := range strings.SplitSeq(value, ",") {
		if v = strings.Trim(v, " \t"); v != "" {
			list = append(list, v)
		}
	}
	return list
}

// Lists reports whether a list header has an entry, ignoring case.
func Lists(value, entry string) bool {
	for v := range strings.SplitSeq(value, ",") {
		if strings.EqualFold(strings.Trim(v, " \t"), entry) {
			return true
		}
	}
	return false
}

// IsHTML reports whether a Content-Type is that of a web page.
func IsHTML(contentType string) bool {
	return strings.HasPrefix(strings.ToLower(contentType), "text/html")
}

// IsGatewayError reports whether a status is a proxy's about a server that it did
// not reach.
func IsGatewayError(status int) bool {
	return slices.Contains([]int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}, status)
}

// maxURL bounds what is parsed as a URL, as package origin does.
const maxURL = 1 << 16

// Redirect returns where a response redirects to, if it does: the first of its
// Location lines, and the URL that it means relative to base, which is nil if it is
// not a URL.
func Redirect(status int, locations []string, base *weburl.URL) (to *weburl.URL, location string) {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, ""
	}
	if len(locations) == 0 || len(locations[0]) > maxURL {
		return nil, ""
	}
	if u, err := weburl.ParseLocation(locations[0], base); err == nil {
		return u, locations[0]
	}
	return nil, locations[0]
}

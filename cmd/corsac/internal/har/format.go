package har

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
)

// The objects of HAR 1.2, for writing.
type (
	program struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	page struct {
		StartedDateTime string   `json:"startedDateTime"`
		ID              string   `json:"id"`
		Title           string   `json:"title"`
		PageTimings     struct{} `json:"pageTimings"`
	}
	entry struct {
		Pageref         string   `json:"pageref,omitempty"`
		StartedDateTime string   `json:"startedDateTime"`
		Time            float64  `json:"time"` // in milliseconds
		Request         request  `json:"request"`
		Response        response `json:"response"`
		Cache           struct{} `json:"cache"`
		Timings         timings  `json:"timings"`
		Comment         string   `json:"comment,omitempty"`
	}
	request struct {
		Method      string   `json:"method"`
		URL         string   `json:"url"`
		HTTPVersion string   `json:"httpVersion"`
		Cookies     []cookie `json:"cookies"`
		Headers     []pair   `json:"headers"`
		QueryString []pair   `json:"queryString"`
		HeadersSize int64    `json:"headersSize"`
		BodySize    int64    `json:"bodySize"`
	}
	response struct {
		Status      int      `json:"status"`
		StatusText  string   `json:"statusText"`
		HTTPVersion string   `json:"httpVersion"`
		Cookies     []cookie `json:"cookies"`
		Headers     []pair   `json:"headers"`
		Content     content  `json:"content"`
		RedirectURL string   `json:"redirectURL"`
		HeadersSize int64    `json:"headersSize"`
		BodySize    int64    `json:"bodySize"`
		Error       string   `json:"_error,omitempty"` // Chromium's member
	}
	pair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	cookie struct {
		pair
		Path     string `json:"path,omitempty"`
		Domain   string `json:"domain,omitempty"`
		Expires  string `json:"expires,omitempty"`
		HTTPOnly bool   `json:"httpOnly,omitempty"`
		Secure   bool   `json:"secure,omitempty"`
	}
	content struct {
		Size     int64  `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
		Encoding string `json:"encoding,omitempty"`
	}
	timings struct { // in milliseconds; -1 if unknown
		Blocked float64 `json:"blocked"`
		DNS     float64 `json:"dns"`
		Connect float64 `json:"connect"`
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
		SSL     float64 `json:"ssl"`
	}
)

// pairs returns header lines; each byte becomes the code point of its number.
func pairs(headers fetch.Headers) []pair {
	list := make([]pair, 0, len(headers))
	for _, h := range headers {
		list = append(list, pair{bytestr.Decode(h.Name), bytestr.Decode(h.Value)})
	}
	return list
}

// queryOf returns the parameters of a URL, decoded if possible.
func queryOf(rawURL string) []pair {
	list := []pair{}
	rawURL, _, _ = strings.Cut(rawURL, "#")
	_, query, _ := strings.Cut(rawURL, "?")
	decode := func(s string) string {
		if decoded, err := url.QueryUnescape(s); err == nil {
			return decoded
		}
		return s
	}
	for part := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(part, "="); part != "" {
			list = append(list, pair{decode(name), decode(value)})
		}
	}
	return list
}

// requestCookies returns the cookies of a request.
func requestCookies(headers fetch.Headers) []cookie {
	list := []cookie{}
	for _, line := range headers.Values("Cookie") {
		for part := range strings.SplitSeq(line, ";") {
			if name, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
				list = append(list, cookie{pair: pair{bytestr.Decode(name), bytestr.Decode(value)}})
			}
		}
	}
	return list
}

// responseCookies returns the cookies that a response sets.
func responseCookies(headers fetch.Headers) []cookie {
	list := []cookie{}
	for _, line := range headers.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			continue // the line is still among the headers
		}
		expires := ""
		if !c.Expires.IsZero() {
			expires = c.Expires.Format(time.RFC3339)
		}
		list = append(list, cookie{
			pair: pair{bytestr.Decode(c.Name), bytestr.Decode(c.Value)}, Path: bytestr.Decode(c.Path), Domain: bytestr.Decode(c.Domain),
			Expires: expires, HTTPOnly: c.HttpOnly, Secure: c.Secure,
		})
	}
	return list
}

// mimeType returns the type of a body, or what Chromium writes if there is no
// Content-Type.
func mimeType(headers fetch.Headers) string {
	if t := headers.Get("Content-Type"); t != "" {
		return bytestr.Decode(t)
	}
	return "x-unknown"
}

// failureOf returns Chromium's name for a failure, or the error's text if it
// has no such name.
func failureOf(err error) string {
	var failure *fetch.NetError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failure):
		return string(failure.Code)
	}
	return err.Error()
}

// browserOf returns the browser that sends a User-Agent. Its name is empty if
// it is unknown. If the User-Agent has several names, the first in this list
// decides.
func browserOf(userAgent string) program {
	for _, b := range []struct{ name, has, version string }{
		{"Firefox", "Firefox/", "Firefox/"},
		{"Chrome", "Chrome/", "Chrome/"},
		{"Safari", "Safari/", "Version/"},
	} {
		_, version, ok := strings.Cut(userAgent, b.version)
		if ok && strings.Contains(userAgent, b.has) {
			version, _, _ = strings.Cut(version, " ")
			return program{b.name, bytestr.Decode(version)}
		}
	}
	return program{}
}

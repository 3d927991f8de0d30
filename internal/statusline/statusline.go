// Package statusline reads the status line of an HTTP/1 response as browsers
// do. They accept far more than RFC 9112 §4 allows, and not the same.
//
// The rules are those of Chromium 156 and Firefox ESR 153, as recorded with the
// cases of family gen-line in conformance/testdata.
package statusline

import (
	"math"
	"strconv"
	"strings"
)

// Chromium returns the status that Chromium reads from a line that begins with
// "HTTP", ignoring case: the number after the first blank, whatever surrounds
// it. Without one, it is 200. Great numbers saturate at 32 bits, and script sees
// the lower 16 of them, so the status is at most 65535. The response of a radio
// station, "ICY", is taken for HTTP/0.9, as by [Firefox]; ok is false for any
// other line.
func Chromium(line string) (status int, head, ok bool) {
	if strings.HasPrefix(line, icy) {
		return 200, false, true
	}
	if len(line) < len("HTTP") || !strings.EqualFold(line[:len("HTTP")], "HTTP") {
		return 0, true, false
	}
	_, rest, _ := strings.Cut(line, " ")
	digits := leadingDigits(strings.TrimLeft(rest, " "))
	if digits == "" {
		return 200, true, true
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		n = math.MaxInt32
	}
	return int(n & math.MaxUint16), true, true
}

// icy begins the status lines of radio stations.
const icy = "ICY "

// Firefox returns the status that Firefox reads from a line. If the line does
// not begin with a version that Firefox knows, the response is taken for
// HTTP/0.9: head is false, the status is 200, and the line and all that follows
// it is the body; as the response to a PUT, that is a network error. ok is false if the status is not a number of at most three
// digits, with a blank before and after it; that is a network error.
func Firefox(line string) (status int, head, ok bool) {
	if !hasVersion(line) {
		return 200, false, true
	}
	_, rest, found := strings.Cut(line, " ")
	if !found {
		return 200, true, true
	}
	rest = strings.TrimLeft(rest, blanks)
	digits := leadingDigits(rest)
	after := rest[len(digits):]
	if digits == "" || len(digits) > 3 || after != "" && !strings.ContainsRune(blanks, rune(after[0])) {
		return 0, true, false
	}
	status, _ = strconv.Atoi(digits) // three digits always fit
	return status, true, true
}

const blanks = " \t"

// hasVersion reports whether a line begins as Firefox expects.
func hasVersion(line string) bool {
	for _, version := range []string{"HTTP/1.", "HTTP/2", "HTTP/3", icy} {
		if strings.HasPrefix(line, version) {
			return true
		}
	}
	return false
}

// leadingDigits returns the digits with which s begins.
func leadingDigits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}

package cause

import (
	"errors"
	"strings"

	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/origin"
)

// exactly is what most faults of Access-Control-Allow-Origin come down to.
const exactly = "Browsers compare the value with the page's origin byte by byte. "

// listIt is how they are fixed.
const listIt = "Respond to this page with exactly {sent}: write the origin like this in the server's configuration."

// mismatch is a fault of the value of Access-Control-Allow-Origin. The
// value of the example is the one that the page https://app.example.com gets.
func mismatch(c *Cause, value string) *Cause {
	c.Side, c.at, c.shows = Policy, atOrigin, []string{protocol.AllowOrigin, ">Origin"}
	if c.Fix == "" {
		c.Fix = listIt
	}
	if c.Example.Page == "" {
		c.Example = fromApp(get())
	}
	c.Example.Answers = []Answer{{Status: 200, Headers: protocol.AllowOrigin + ": " + value}}
	c.Fixed = answered(Answer{Status: 200, Headers: protocol.AllowOrigin + ": " + c.Example.Page + "\nVary: Origin"})
	return c
}

// spelt reports whether the allowed origin is the page's, spelt in a way that is
// wrong for the reason of a code.
func (s *scene) spelt(code origin.Code) bool {
	wrong, right := respell(s.answer(protocol.AllowOrigin))
	return wrong == code && right == s.sent()
}

// respell returns the first thing that is wrong with the spelling of an origin,
// and how to write it; the origin itself if nothing is.
func respell(value string) (wrong origin.Code, right string) {
	var e *origin.Error
	if _, err := origin.Parse(value); err == nil {
		return "", value
	} else if !errors.As(err, &e) {
		return "", ""
	}
	return e.Code, e.Suggestion()
}

// onlyVisible returns the printable ASCII characters of a string.
func onlyVisible(value string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, value)
}

const oneOrigin = "The header takes one origin, or *. "

func isSeparator(r rune) bool { return r == ',' || r == ';' || r == '|' || r == ' ' }

// isOneValue reports whether Access-Control-Allow-Origin is not a list.
func (s *scene) isOneValue() bool {
	return len(s.last.ResponseHeaders.Values(protocol.AllowOrigin)) == 1 && len(strings.FieldsFunc(s.answer(protocol.AllowOrigin), isSeparator)) <= 1
}

// isExpression reports whether Access-Control-Allow-Origin looks like a regular
// expression.
func (s *scene) isExpression() bool {
	value := s.answer(protocol.AllowOrigin)
	return !isUnset(value) && (strings.HasPrefix(value, "^") || strings.HasSuffix(value, "$") || strings.HasPrefix(value, "/^") || strings.ContainsAny(value, `\()`))
}

const addIt = "Add {sent} to the origins that the server allows, and respond with the origin of the request, with Vary: Origin."

// allowedOrigin is the one that the answer allows, respelt if that helps.
func (s *scene) allowedOrigin() (a origin.Origin, ok bool) {
	value := s.answer(protocol.AllowOrigin)
	if !s.isOneValue() || !strings.Contains(value, "://") || strings.Contains(value, "*") || s.isExpression() {
		return a, false
	}
	_, right := respell(value)
	a, err := origin.Parse(right)
	return a, err == nil && !a.IsOpaque() && a != s.page
}

// isLikePage reports whether an origin is so much like the page's, or the
// server's, that it has a cause of its own.
func (s *scene) isLikePage(a origin.Origin) bool {
	here := a.AddressSpace() == origin.SpaceLoopback && s.page.AddressSpace() == origin.SpaceLoopback
	switch {
	case a.Host() == s.page.Host():
		return a.Scheme() == s.page.Scheme() || samePort(a, s.page)
	case a == s.server, here && a.Port() == s.page.Port():
		return true
	}
	return a.Scheme() == s.page.Scheme() && a.Port() == s.page.Port() && isWWW(a.Host(), s.page.Host())
}

// samePort reports whether two origins have the same port, or each the default of
// its scheme.
func samePort(a, b origin.Origin) bool {
	return a.Port() == b.Port() || strings.HasSuffix(a.String(), a.Host()) && strings.HasSuffix(b.String(), b.Host())
}

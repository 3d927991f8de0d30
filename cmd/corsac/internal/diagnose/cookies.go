package diagnose

import (
	"net/http"
	"time"

	"github.com/corsac-dev/corsac/internal/cookie"
)

// setCookies are the cookies that the application sets with the last answer,
// without those that it deletes, and those of balancers and CDNs.
func (s *scene) setCookies() (list []*http.Cookie) {
	for _, line := range s.last.ResponseHeaders.Values("Set-Cookie") {
		c, err := cookie.Parse(line)
		if err == nil && c.MaxAge >= 0 && (c.Expires.IsZero() || c.Expires.After(deleted)) && !cookie.IsInfrastructure(c.Name) {
			list = append(list, c)
		}
	}
	return list
}

// deleted is when a cookie expires at the latest that a server deletes.
var deleted = time.Date(2001, time.January, 1, 0, 0, 0, 0, time.UTC)

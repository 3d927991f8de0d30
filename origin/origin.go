// Package origin is about Web origins (RFC 6454, HTML §7.1.1, URL §4.7).
package origin

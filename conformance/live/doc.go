// Package live compares real pages in a real browser with the meaning of
// policies. It draws random policies, used by the middleware of package cors
// and by the program's gateway, and random requests of pages on several
// origins. What a page can read must be what package meaning says about the
// policy.
//
// It also opens corsac dev in Firefox. The program's own tests do so in Chromium.
package live

// Package text holds the rules for text that people type: how it is cleaned, what a
// word is for search, which handles, display names, group names, file names and
// codes are well-formed, and which names look alike. Its functions are pure: the
// same text always gives the same result, and several goroutines may call every
// function at once. Errors are sentences for the user.
package text

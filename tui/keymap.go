package tui

// action is what a key does, apart from typing.
type action int

const (
	actNone action = iota
	actSend
	actNewline
	actBackspace
	actDelete
	actDeleteOrQuit
	actLeft
	actRight
	actUp
	actDown
	actWordLeft
	actWordRight
	actLineStart
	actLineEnd
	actHome
	actEnd
	actKillWordLeft
	actKillWordRight
	actKillLineStart
	actYank
	actPageUp
	actPageDown
	actMouse
	actRedraw
	actHelp
	actInterrupt
	actEscape
)

// actionOf is the keymap: the action of a key by the name that Bubble Tea gives
// it. The line-editing keys are readline's, the others are what terminal chats
// have in common.
func actionOf(key string) action {
	switch key {
	case "enter":
		return actSend
	case "alt+enter", "shift+enter", "ctrl+j":
		return actNewline
	case "backspace", "ctrl+h", "shift+backspace":
		return actBackspace
	case "delete":
		return actDelete
	case "ctrl+d":
		return actDeleteOrQuit
	case "left":
		return actLeft
	case "right":
		return actRight
	case "up":
		return actUp
	case "down":
		return actDown
	case "alt+b", "ctrl+left", "alt+left":
		return actWordLeft
	case "alt+f", "ctrl+right", "alt+right":
		return actWordRight
	case "ctrl+a":
		return actLineStart
	case "ctrl+e":
		return actLineEnd
	case "home":
		return actHome
	case "end":
		return actEnd
	case "ctrl+w", "alt+backspace", "ctrl+backspace":
		return actKillWordLeft
	case "alt+d":
		return actKillWordRight
	case "ctrl+u":
		return actKillLineStart
	case "ctrl+y":
		return actYank
	case "pgup":
		return actPageUp
	case "pgdown":
		return actPageDown
	case "alt+m":
		return actMouse
	case "ctrl+l":
		return actRedraw
	case "f1":
		return actHelp
	case "ctrl+c":
		return actInterrupt
	case "esc":
		return actEscape
	}
	return actNone
}

package upkeep

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"confab/db/rows"
)

// The queries of an export are written by hand, because SQLite makes the JSON. Each
// row is one object, so only one row is in memory at a time.

// jsonID formats an id column, which holds bytes, as text.
func jsonID(column string) string {
	return fmt.Sprintf("lower(substr(hex(%[1]s), 1, 8) || '-' || substr(hex(%[1]s), 9, 4) || '-' || substr(hex(%[1]s), 13, 4)"+
		" || '-' || substr(hex(%[1]s), 17, 4) || '-' || substr(hex(%[1]s), 21))", column)
}

// jsonTime formats a time (RFC 3339).
func jsonTime(column string) string {
	return fmt.Sprintf("strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', %s / 1000.0, 'unixepoch')", column)
}

// jsonFlag formats a column that is 0 or 1.
func jsonFlag(column string) string {
	return fmt.Sprintf("json(CASE %s WHEN 0 THEN 'false' ELSE 'true' END)", column)
}

// jsonMaybe formats a time column in which 0 means no time.
func jsonMaybe(column string) string {
	return "CASE " + column + " WHEN 0 THEN NULL ELSE " + jsonTime(column) + " END"
}

// jsonName formats a column with a handle. Deleted accounts have none.
func jsonName(column string) string {
	return "CASE WHEN " + column + " LIKE '" + rows.DeletedPrefix + "%' THEN NULL ELSE " + column + " END"
}

// exports are the queries, in the order of an export. An object comes before the
// objects that refer to it. Expired messages are left out, and so is the empty row
// that an expired newest message may leave behind.
func exports() []string {
	return []string{
		`SELECT json_object('type', 'user', 'id', ` + jsonID("uid") + `, 'name', ` + jsonName("name") + `, 'display_name', display_name, 'role', role, 'bot', ` + jsonFlag("bot") +
			`, 'disabled', ` + jsonFlag("disabled") + `, 'receipts_off', ` + jsonFlag("receipts_off") +
			`, 'created_at', ` + jsonTime("created_at") + `, 'status', status, 'status_until', ` + jsonMaybe("status_until") + `, 'last_seen_at', ` + jsonMaybe("last_seen") +
			`) FROM users ORDER BY id`,
		`SELECT json_object('type', 'key', 'user', ` + jsonID("users.uid") + `, 'fingerprint', fingerprint, 'key', line, 'comment', comment, 'added_at', ` +
			jsonTime("added_at") + `, 'last_used_at', ` + jsonMaybe("last_used_at") + `) FROM authorized_keys JOIN users ON users.id = user_id ORDER BY user_id, added_at, fingerprint`,
		`SELECT json_object('type', 'former_name', 'user', ` + jsonID("users.uid") + `, 'name', former_names.name, 'ended_at', ` + jsonTime("ended_at") + `)
			FROM former_names JOIN users ON users.id = user_id ORDER BY former_names.id`,
		`SELECT json_object('type', 'revoked_key', 'fingerprint', fingerprint, 'at', ` + jsonTime("at") + `) FROM revoked_keys ORDER BY fingerprint`,
		`SELECT json_object('type', 'setting', 'name', name, 'value', value) FROM settings ORDER BY name`,
		`SELECT json_object('type', 'join_request', 'fingerprint', fingerprint, 'key', key_line, 'name', name, 'note', note, 'address', address,
			'state', state, 'asked_at', ` + jsonTime("asked_at") + `) FROM join_requests ORDER BY id`,
		// The export does not have the code, not even its hash.
		`SELECT json_object('type', 'code', 'role', codes.role, 'user', CASE WHEN users.id IS NOT NULL THEN ` + jsonID("users.uid") + ` END, 'uses', uses,
			'expires_at', ` + jsonTime("expires_at") + `, 'made_by', made_by) FROM codes LEFT JOIN users ON users.id = codes.user_id ORDER BY codes.id`,
		// Nor does it have the tokens of webhooks, or their hashes.
		`SELECT json_object('type', 'hook', 'number', number, 'conversation', ` + jsonID("conversations.uid") + `, 'user', ` + jsonID("users.uid") + `,
			'made_by', CASE WHEN makers.id IS NOT NULL THEN ` + jsonID("makers.uid") + ` END, 'made_at', ` + jsonTime("made_at") + `, 'used_at', ` + jsonMaybe("used_at") + `, 'revoked', ` + jsonFlag("revoked") + `)
			FROM hooks JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id LEFT JOIN users AS makers ON makers.id = hooks.made_by ORDER BY number`,
		`SELECT json_object('type', 'preference', 'user', ` + jsonID("users.uid") + `, 'name', preferences.name, 'value', value)
			FROM preferences JOIN users ON users.id = user_id ORDER BY user_id, preferences.name`,
		`SELECT json_object('type', 'ban', 'kind', kind, 'user', CASE WHEN users.id IS NOT NULL THEN ` + jsonID("users.uid") + ` END, 'target', target,
			'made_at', ` + jsonTime("made_at") + `, 'ends_at', ` + jsonMaybe("ends_at") + `, 'made_by', made_by, 'reason', reason)
			FROM bans LEFT JOIN users ON users.id = bans.user_id ORDER BY bans.id`,
		`SELECT json_object('type', 'conversation', 'id', ` + jsonID("uid") + `, 'kind', kind, 'name', CASE kind WHEN 'group' THEN label ELSE '' END,
			'topic', topic, 'public', ` + jsonFlag("public") + `, 'members_add', ` + jsonFlag("members_add") + `, 'history', ` + jsonFlag("open_history") +
			`, 'read_only', ` + jsonFlag("read_only") + `, 'mention_all', mention_all, 'slow_seconds', slow / 1000, 'keep_hours', keep / 3600000, 'expired', expired, 'last_seq', last_seq, 'created_at', ` + jsonTime("created_at") + `) FROM conversations ORDER BY id`,
		`SELECT json_object('type', 'member', 'conversation', ` + jsonID("conversations.uid") + `, 'user', ` + jsonID("users.uid") +
			`, 'role', memberships.role, 'joined', joined, 'delivered', delivered, 'read', read, 'read_from', read_from, 'seen', seen,
			'added', ` + jsonFlag("added") + `, 'added_by', CASE WHEN adders.id IS NOT NULL THEN ` + jsonID("adders.uid") + ` END, 'receipts_off', ` + jsonFlag("memberships.receipts_off") + `, 'pinned', ` + jsonFlag("pinned") + `, 'muted_until', ` + jsonMaybe("muted_until") + `)
			FROM memberships JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id LEFT JOIN users AS adders ON adders.id = added_by
			ORDER BY conversation_id, user_id`,
		`SELECT json_object('type', 'slow_post', 'conversation', ` + jsonID("conversations.uid") + `, 'user', ` + jsonID("users.uid") + `, 'posted_at', ` + jsonTime("posted_at") + `)
			FROM slow_posts JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id
			ORDER BY conversation_id, user_id`,
		`SELECT json_object('type', 'departure', 'conversation', ` + jsonID("conversations.uid") + `, 'user', ` + jsonID("users.uid") + `, 'left_at', ` + jsonTime("left_at") + `)
			FROM departures JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id
			ORDER BY conversation_id, user_id`,
		`SELECT json_object('type', 'invitation', 'conversation', ` + jsonID("conversations.uid") + `, 'user', ` + jsonID("users.uid") + `, 'from', ` + jsonID("inviters.uid") + `,
			'invited_at', ` + jsonTime("invited_at") + `, 'hidden', ` + jsonFlag("hidden") + `)
			FROM invitations JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id JOIN users AS inviters ON inviters.id = inviter_id
			ORDER BY conversation_id, user_id`,
		`SELECT json_object('type', 'block', 'user', ` + jsonID("users.uid") + `, 'blocked', ` + jsonID("others.uid") + `, 'blocked_at', ` + jsonTime("blocked_at") + `)
			FROM blocks JOIN users ON users.id = user_id JOIN users AS others ON others.id = blocked_id
			ORDER BY user_id, blocked_id`,
		`SELECT json_object('type', 'message', 'id', ` + jsonID("messages.id") + `, 'conversation', ` + jsonID("conversations.uid") + `, 'seq', messages.seq,
			'author', ` + jsonID("users.uid") + `, 'sent_at', ` + jsonTime("sent_at") + `, 'change', change, 'body', body,
			'edited_at', ` + jsonMaybe("edited_at") + `, 'deleted_at', ` + jsonMaybe("deleted_at") + `, 'deleted_by', CASE WHEN deleters.id IS NOT NULL THEN ` + jsonID("deleters.uid") + ` END,
			'group_mention', group_mention,
			'reply_to', CASE WHEN reply_to IS NOT NULL THEN ` + jsonID("reply_to") + ` END, 'thread', thread, 'aside', ` + jsonFlag("aside") + `,
			'file', CASE WHEN files.name IS NOT NULL THEN json_object('name', files.name, 'size', files.size, 'sha256', lower(hex(files.sha256))) END)
			FROM messages JOIN conversations ON conversations.id = messages.conversation_id JOIN users ON users.id = author_id LEFT JOIN users AS deleters ON deleters.id = deleted_by
			LEFT JOIN files ON files.conversation_id = messages.conversation_id AND files.seq = messages.seq
			WHERE messages.seq > conversations.expired
			ORDER BY messages.row_id`,
		`SELECT json_object('type', 'follower', 'conversation', ` + jsonID("conversations.uid") + `, 'thread', root, 'user', ` + jsonID("users.uid") + `, 'following', ` + jsonFlag("following") + `, 'read_up_to', seen)
			FROM thread_followers JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id
			ORDER BY conversation_id, root, user_id`,
		`SELECT json_object('type', 'reaction', 'conversation', ` + jsonID("conversations.uid") + `, 'seq', seq, 'user', ` + jsonID("users.uid") + `, 'emoji', emoji, 'at', ` + jsonTime("reacted_at") + `)
			FROM reactions JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id
			ORDER BY conversation_id, seq, place, position`,
		`SELECT json_object('type', 'pin', 'conversation', ` + jsonID("conversations.uid") + `, 'seq', seq, 'user', ` + jsonID("users.uid") + `, 'at', ` + jsonTime("pinned_at") + `)
			FROM pins JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id
			ORDER BY conversation_id, seq`,
		`SELECT json_object('type', 'saved', 'user', ` + jsonID("users.uid") + `, 'conversation', ` + jsonID("conversations.uid") + `, 'seq', seq, 'at', ` + jsonTime("saved_at") + `)
			FROM saved JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id
			ORDER BY user_id, conversation_id, seq`,
		`SELECT json_object('type', 'mention', 'conversation', ` + jsonID("conversations.uid") + `, 'seq', seq, 'user', ` + jsonID("users.uid") + `, 'done', ` + jsonFlag("done") + `)
			FROM mentions JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id
			ORDER BY conversation_id, seq, user_id`,
		`SELECT json_object('type', 'marker', 'conversation', ` + jsonID("conversations.uid") + `, 'user', ` + jsonID("users.uid") + `, 'marker', marker,
			'past', past, 'seq', seq, 'at', ` + jsonTime("at") + `)
			FROM marker_moves JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id
			ORDER BY conversation_id, user_id, marker, seq`,
		`SELECT json_object('type', 'draft', 'conversation', ` + jsonID("conversations.uid") + `, 'user', ` + jsonID("users.uid") + `, 'body', body)
			FROM drafts JOIN conversations ON conversations.id = conversation_id JOIN users ON users.id = user_id
			ORDER BY conversation_id, user_id`,
		`SELECT json_object('type', 'later', 'id', ` + jsonID("laters.id") + `, 'user', ` + jsonID("users.uid") + `,
			'conversation', CASE WHEN conversations.id IS NOT NULL THEN ` + jsonID("conversations.uid") + ` END, 'number', number, 'body', laters.body,
			'at', ` + jsonTime("at") + `, 'zone', zone, 'made_at', ` + jsonTime("made_at") + `, 'due_at', ` + jsonMaybe("due_at") + `, 'refused', refused)
			FROM laters JOIN users ON users.id = user_id LEFT JOIN conversations ON conversations.id = conversation_id ORDER BY user_id, number`,
		`SELECT json_object('type', 'audit', 'at', ` + jsonTime("at") + `, 'actor', actor, 'action', action, 'target', target, 'detail', detail)
			FROM audit_log ORDER BY id`,
	}
}

// Export writes the contents of the database at path as JSON Lines, as they are at
// one moment. They are accounts with their public keys, former names and
// preferences, the server's settings, requests and codes to join, webhooks without their tokens, bans,
// conversations, members, last messages in slow mode, departures, invitations, blocks, messages, followers of
// threads, reactions, pinned and saved messages, mentions, the times of receipts, drafts,
// reminders, scheduled messages, and the audit log. A server may be using the database.
// The error is [ErrOlder] if the schema is not up to date.
//
// While the contents are read, the write-ahead log of a server grows. So Export first puts
// them into a temporary file: a program that takes them slowly, or not at all, does not make
// the log grow.
func Export(ctx context.Context, path string, w io.Writer) (err error) {
	if err := upToDate(ctx, path); err != nil {
		return err
	}
	if !inUse(path) {
		return exportAll(ctx, path, w)
	}
	f, err := os.CreateTemp("", ".confab-export-")
	if err != nil {
		return fmt.Errorf("creating a file for the export: %w", err)
	}
	// A command that is killed, as by a pipe that ends early, leaves nothing behind. Systems
	// that cannot remove an open file do so below.
	_ = os.Remove(f.Name())
	defer func() {
		err = errors.Join(err, f.Close())
		_ = os.Remove(f.Name())
	}()
	err = exportAll(ctx, path, f)
	if _, unwritten := errors.AsType[*fs.PathError](err); unwritten {
		return fmt.Errorf("%w: an export needs room for a copy of everything in %s: make room, or set TMPDIR to another folder", err, filepath.Dir(f.Name()))
	}
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	return nil
}

// exportAll writes an export in one transaction.
func exportAll(ctx context.Context, path string, w io.Writer) (err error) {
	db, err := beside(path, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	out := bufio.NewWriter(w)
	for _, query := range exports() {
		if err := exportRows(ctx, tx, query, out); err != nil {
			return fmt.Errorf("exporting: %w", err)
		}
	}
	return out.Flush()
}

func exportRows(ctx context.Context, tx *sql.Tx, query string, out *bufio.Writer) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var line sql.RawBytes
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return rows.Err()
}

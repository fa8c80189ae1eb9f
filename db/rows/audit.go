package rows

import (
	"context"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// auditReader is chat.AuditReader on the connection of q.
type auditReader struct{ q *query.Queries }

func (r auditReader) AuditNewest(ctx context.Context, limit int) ([]chat.AuditEntry, error) {
	rows, err := r.q.AuditNewest(ctx, int64(limit))
	if err != nil {
		return nil, Failed("reading the audit log", err)
	}
	return all(rows, auditEntry)
}

// auditTx is chat.AuditTx in a transaction.
type auditTx struct{ auditReader }

func (t auditTx) AppendAudit(ctx context.Context, e chat.AuditEntry) error {
	return Failed("writing the audit log", t.q.AppendAudit(ctx, query.AppendAuditParams{
		At: Millis(e.At), Actor: e.Actor, Action: e.Action, Target: e.Target, Detail: e.Detail,
	}))
}

func auditEntry(row query.AuditLog) (chat.AuditEntry, error) {
	return chat.AuditEntry{
		ID: row.ID, At: fromMillis(row.At), Actor: row.Actor, Action: row.Action, Target: row.Target, Detail: row.Detail,
	}, nil
}

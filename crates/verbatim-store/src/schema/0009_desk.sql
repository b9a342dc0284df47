-- An employee's own client asks for their conversations alone.
CREATE INDEX conversations_by_employee ON conversations (employee, pos);

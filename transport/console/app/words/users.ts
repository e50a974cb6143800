export const users = {
  'users.title': ['Users', 'المستخدمون'],
} as const;

export const dashboard = {
  'dashboard.title': ['Overview', 'نظرة عامة'],
  'dashboard.about': ['How this tenant is doing at this moment.', 'حال هذه الجهة في هذه اللحظة.'],
} as const;

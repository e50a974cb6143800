export const challenges = {
  'challenges.title': ['Challenges', 'الطلبات'],
} as const;

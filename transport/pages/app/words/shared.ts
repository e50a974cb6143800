/** Texts of the parts that every page is put together from. */
export const shared = {
  product: ['Thenar', 'ثينار'],
  optional: ['optional', 'اختياري'],
  close: ['Close', 'إغلاق'],
  cancel: ['Cancel', 'إلغاء'],
  retry: ['Try again', 'إعادة المحاولة'],
  copy: ['Copy', 'نسخ'],
  copied: ['Copied', 'تم النسخ'],
  loading: ['Loading', 'جارٍ التحميل'],
  'theme.light': ['Light colours', 'الألوان الفاتحة'],
  'theme.dark': ['Dark colours', 'الألوان الداكنة'],
} as const;

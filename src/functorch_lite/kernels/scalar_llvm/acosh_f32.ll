; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.sqrt.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_acosh_f32(float %p0) local_unnamed_addr #1 {
good:
  %.8.i = fcmp ogt float %p0, 1.638400e+04
  %.5.i.i.i = fcmp olt float %p0, 0x3810000000000000
  %.6.i.i.i = fmul float %p0, 0x4180000000000000
  %.7.i.i.i = select i1 %.5.i.i.i, float %.6.i.i.i, float %p0
  %.8.i.i.i = bitcast float %.7.i.i.i to i32
  %.11.i.i.i = add i32 %.8.i.i.i, -1060439283
  %.15.i.i.i = ashr i32 %.11.i.i.i, 23
  %0 = and i32 %.11.i.i.i, 8388607
  %narrow.i.i.i = add nuw nsw i32 %0, 1060439283
  %.20.i.i.i = select i1 %.5.i.i.i, i32 1262485479, i32 1262485504
  %.33.i.i.i = add nsw i32 %.15.i.i.i, %.20.i.i.i
  %.35.i.i.i = bitcast i32 %.33.i.i.i to float
  %.36.i.i.i = fadd float %.35.i.i.i, 0xC168000000000000
  %1 = bitcast i32 %narrow.i.i.i to float
  %.34.i.i = fadd float %1, -1.000000e+00
  %.36.i.i = fmul float %.36.i.i.i, 0x3F00BFBE80000000
  %.6.i1.i.i = fadd float %.34.i.i, 2.000000e+00
  %.10.i.i.i = fdiv float %.34.i.i, %.6.i1.i.i
  %.11.i2.i.i = fmul float %.10.i.i.i, %.10.i.i.i
  %.12.i.i.i = fmul float %.34.i.i, 5.000000e-01
  %.13.i.i.i = fmul float %.34.i.i, %.12.i.i.i
  %.14.i.i.i = tail call float @llvm.fmuladd.f32(float %.11.i2.i.i, float 0x3FCE2F9A40000000, float 0x3FD2438C40000000)
  %.15.i3.i.i = tail call float @llvm.fmuladd.f32(float %.14.i.i.i, float %.11.i2.i.i, float 0x3FD999A7A0000000)
  %.16.i.i.i = tail call float @llvm.fmuladd.f32(float %.15.i3.i.i, float %.11.i2.i.i, float 0x3FE5555540000000)
  %.17.i.i.i = tail call float @llvm.fmuladd.f32(float %.11.i2.i.i, float %.16.i.i.i, float %.13.i.i.i)
  %.18.i.i.i = tail call float @llvm.fmuladd.f32(float %.10.i.i.i, float %.17.i.i.i, float %.36.i.i)
  %2 = fsub float %.18.i.i.i, %.13.i.i.i
  %.65.i.i = fadd float %.34.i.i, %2
  %.66.i.i = tail call float @llvm.fmuladd.f32(float %.36.i.i.i, float 0x3FE62E0000000000, float %.65.i.i)
  %.6.i5.i.i = fcmp olt float %p0, 0.000000e+00
  %.7.i6.i.i = select i1 %.6.i5.i.i, float 0x7FF8000000000000, float %.66.i.i
  %.8.i7.i.i = fcmp oeq float %p0, 0.000000e+00
  %.10.i8.i.i = select i1 %.8.i7.i.i, float 0xFFF0000000000000, float %.7.i6.i.i
  %.13.i9.i.i = fcmp ueq float %p0, 0x7FF0000000000000
  %.14.i10.i.i = select i1 %.13.i9.i.i, float %p0, float %.10.i8.i.i
  %.5.i = fcmp ogt float %p0, 0x43ABC16D60000000
  %3 = fadd float %p0, -1.000000e+00
  %.7.i = select i1 %.5.i, float 0.000000e+00, float %3
  %.38.i = fmul float %.7.i, 2.000000e+00
  %.39.i = tail call float @llvm.fmuladd.f32(float %.7.i, float %.7.i, float %.38.i)
  %.40.i = tail call float @llvm.sqrt.f32(float %.39.i)
  %.41.i = fadd float %.7.i, %.40.i
  %.5.i.i = fadd float %.41.i, 1.000000e+00
  %.5.i.i1.i = fcmp olt float %.5.i.i, 0x3810000000000000
  %.6.i.i2.i = fmul float %.5.i.i, 0x4180000000000000
  %.7.i.i3.i = select i1 %.5.i.i1.i, float %.6.i.i2.i, float %.5.i.i
  %.8.i.i4.i = bitcast float %.7.i.i3.i to i32
  %.11.i.i5.i = add i32 %.8.i.i4.i, -1060439283
  %.15.i.i6.i = ashr i32 %.11.i.i5.i, 23
  %4 = and i32 %.11.i.i5.i, 8388607
  %narrow.i.i7.i = add nuw nsw i32 %4, 1060439283
  %.20.i.i8.i = select i1 %.5.i.i1.i, i32 1262485479, i32 1262485504
  %.33.i.i9.i = add nsw i32 %.15.i.i6.i, %.20.i.i8.i
  %.35.i.i10.i = bitcast i32 %.33.i.i9.i to float
  %.36.i.i11.i = fadd float %.35.i.i10.i, 0xC168000000000000
  %5 = bitcast i32 %narrow.i.i7.i to float
  %.35.i.i = fcmp ogt float %.41.i, 1.000000e+00
  %6 = fsub float %.41.i, %.5.i.i
  %.37.i.i = fadd float %6, 1.000000e+00
  %.38.i.i = fadd float %.5.i.i, -1.000000e+00
  %.39.i.i = fsub float %.41.i, %.38.i.i
  %.40.i.i = select i1 %.35.i.i, float %.37.i.i, float %.39.i.i
  %.44.i.i = fdiv float %.40.i.i, %.5.i.i
  %.45.i.i = fcmp ogt float %.41.i, 0xBFD2BD3C40000000
  %.46.i.i = fcmp olt float %.41.i, 0x3FDA8240C0000000
  %.47.i.i = and i1 %.45.i.i, %.46.i.i
  %.48.i.i = tail call float @llvm.fabs.f32(float %.41.i)
  %.49.i.i = fcmp olt float %.48.i.i, 0x3E60000000000000
  %.50.i.i = fadd float %5, -1.000000e+00
  %.51.i.i = select i1 %.47.i.i, float %.41.i, float %.50.i.i
  %.52.i.i = select i1 %.49.i.i, float 0.000000e+00, float %.51.i.i
  %.53.i.i = select i1 %.47.i.i, float 0.000000e+00, float %.36.i.i11.i
  %.55.i.i = select i1 %.47.i.i, float 0.000000e+00, float %.44.i.i
  %.56.i.i = tail call float @llvm.fmuladd.f32(float %.53.i.i, float 0x3F00BFBE80000000, float %.55.i.i)
  %.6.i1.i12.i = fadd float %.52.i.i, 2.000000e+00
  %.10.i.i13.i = fdiv float %.52.i.i, %.6.i1.i12.i
  %.11.i2.i14.i = fmul float %.10.i.i13.i, %.10.i.i13.i
  %.12.i.i15.i = fmul float %.52.i.i, 5.000000e-01
  %.13.i.i16.i = fmul float %.52.i.i, %.12.i.i15.i
  %.14.i.i17.i = tail call float @llvm.fmuladd.f32(float %.11.i2.i14.i, float 0x3FCE2F9A40000000, float 0x3FD2438C40000000)
  %.15.i3.i18.i = tail call float @llvm.fmuladd.f32(float %.14.i.i17.i, float %.11.i2.i14.i, float 0x3FD999A7A0000000)
  %.16.i.i19.i = tail call float @llvm.fmuladd.f32(float %.15.i3.i18.i, float %.11.i2.i14.i, float 0x3FE5555540000000)
  %.17.i.i20.i = tail call float @llvm.fmuladd.f32(float %.11.i2.i14.i, float %.16.i.i19.i, float %.13.i.i16.i)
  %.18.i.i21.i = tail call float @llvm.fmuladd.f32(float %.10.i.i13.i, float %.17.i.i20.i, float %.56.i.i)
  %7 = fsub float %.18.i.i21.i, %.13.i.i16.i
  %.84.i.i = fadd float %.52.i.i, %7
  %.85.i.i = tail call float @llvm.fmuladd.f32(float %.53.i.i, float 0x3FE62E0000000000, float %.84.i.i)
  %.6.i5.i22.i = fcmp olt float %.5.i.i, 0.000000e+00
  %.7.i6.i23.i = select i1 %.6.i5.i22.i, float 0x7FF8000000000000, float %.85.i.i
  %.8.i7.i24.i = fcmp oeq float %.5.i.i, 0.000000e+00
  %.10.i8.i25.i = select i1 %.8.i7.i24.i, float 0xFFF0000000000000, float %.7.i6.i23.i
  %.13.i9.i26.i = fcmp ueq float %.5.i.i, 0x7FF0000000000000
  %.14.i10.i27.i = select i1 %.13.i9.i26.i, float %.5.i.i, float %.10.i8.i25.i
  %.111.i.i = fcmp oeq float %.41.i, 0x7FF0000000000000
  %.112.i.i = or i1 %.111.i.i, %.49.i.i
  %.113.i.i = select i1 %.112.i.i, float %.41.i, float %.14.i10.i27.i
  %.36.i = fadd float %.14.i10.i.i, 0x3FE62E4300000000
  %.66.i = select i1 %.8.i, float %.36.i, float %.113.i.i
  %.67.i = fcmp olt float %p0, 1.000000e+00
  %.68.i = select i1 %.67.i, float 0x7FF8000000000000, float %.66.i
  ret float %.68.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
